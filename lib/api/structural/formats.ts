// Formats that a schema may ask of a text. Rule: Custom Resources, "Validation": those of go-openapi's strfmt.

/** Whether `text` is of this format; formats that nobody knows say nothing. */
export function isOfFormat(text: string, format: string): boolean {
  const test = formats[format.replace(/-/g, '')];
  return test === undefined || test(text);
}

const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);
const uuid = (version: string) =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$`, 'i');
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

const formats: Readonly<Record<string, (text: string) => boolean>> = {
  byte: (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text),
  cidr: (text) => {
    const [address = '', bits = ''] = text.split('/');
    return /^\d{1,3}$/.test(bits) && (isIpv4(address) ? Number(bits) <= 32 : isIpv6(address) && Number(bits) <= 128);
  },
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
  datetime: (text) => /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text)),
  duration: (text) => /^[-+]?(?:\d+(?:\.\d*)?\s*(?:ns|us|µs|ms|s|m|h|d|w|[a-z]+)\s*)+$/.test(text) || text === '0',
  email: (text) => /^[^\s@<>]+@[^\s@<>]+$/.test(text),
  hexcolor: (text) => /^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(text),
  hostname: (text) =>
    text.length <= 255 && text.split('.').every((part) => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/i.test(part)),
  ipv4: isIpv4,
  ipv6: isIpv6,
  k8slongname: (text) => text.length <= 253 && text.split('.').every((part) => label.test(part)),
  k8sshortname: (text) => text.length <= 63 && label.test(text),
  mac: (text) => /^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text),
  uri: (text) => /^[a-z][a-z0-9+.-]*:|^\//i.test(text) && !/\s/.test(text),
  uuid: (text) => uuid('[0-9a-f]').test(text),
  uuid3: (text) => uuid('3').test(text),
  uuid4: (text) => uuid('4').test(text),
  uuid5: (text) => uuid('5').test(text),
};

function isIpv4(text: string): boolean {
  return ipv4.test(text);
}

function isIpv6(text: string): boolean {
  return text.includes(':') && /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`);
}
