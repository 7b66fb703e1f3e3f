/** The registry's host and the path of an image's name. Rule: "Images", "Image names"; docker.io is the default registry. */
export function splitImageName(image: string): { readonly registry: string; readonly path: string } {
  const plain = image.replace(/@.*$/, '');
  const slash = plain.indexOf('/');
  const first = slash === -1 ? '' : plain.slice(0, slash);
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost';
  const rest = isHost ? plain.slice(slash + 1) : plain;
  const path = rest.replace(/:[^/:]*$/, '');
  if (isHost) return { registry: first, path };
  return { registry: 'docker.io', path: path.includes('/') ? path : `library/${path}` };
}

/** Whether it can be the name of an image at all: lower case, optional tag, optional digest. */
export function isImageName(image: string): boolean {
  return pattern.test(image);
}
const part = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const host = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-.]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?';
const pattern = new RegExp(
  `^(?:${host}/)?${part}(?:/${part})*(?::[\\w][\\w.-]{0,127})?(?:@[A-Za-z][\\w+.-]*:[0-9a-fA-F]{32,})?$`,
);
