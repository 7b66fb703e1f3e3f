// CustomResourceDefinitions as servers up to 1.21 wrote them. Rule: apiextensions v1beta1 conversion.

type Fields = Readonly<Record<string, unknown>>;

/** What v1beta1 says once for all versions, v1 says of each. */
export function definitionFromBeta(object: Fields): Fields {
  const spec = (object['spec'] ?? {}) as Fields;
  const { version, versions, validation, subresources, additionalPrinterColumns, conversion, ...rest } = spec;
  const common = { schema: validation, subresources, additionalPrinterColumns };
  const all = (versions as readonly Fields[] | undefined) ?? [{ name: version, served: true, storage: true }];
  const made = all.map((one) => {
    const { additionalPrinterColumns: columns, ...own } = { ...defined(common), ...defined(one) } as Fields;
    return {
      ...own,
      ...(columns === undefined ? {} : { additionalPrinterColumns: (columns as Fields[]).map(column) }),
    };
  });
  return {
    ...object,
    apiVersion: 'apiextensions.k8s.io/v1',
    spec: {
      ...rest,
      versions: made,
      ...(conversion === undefined ? {} : { conversion: converted(conversion as Fields) }),
    },
  };
}

function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

function column({ JSONPath, ...rest }: Fields): Fields {
  return JSONPath === undefined ? rest : { ...rest, jsonPath: JSONPath };
}

function converted({ strategy, webhookClientConfig, conversionReviewVersions }: Fields): Fields {
  if (webhookClientConfig === undefined && conversionReviewVersions === undefined) return { strategy };
  const webhook = defined({ clientConfig: webhookClientConfig, conversionReviewVersions });
  return { strategy, ...(strategy === 'Webhook' ? { webhook } : {}) };
}
