// The world outside an isolated cluster, as far as specs want one: a web server, and a registry that serves the suite's
// images from their archive. Run inside the lab's switch namespace: outside.ts ADDRESS ARCHIVE
//
// The registry speaks the distribution API, read-only. Repositories that upstream keeps private want some credential.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extract } from 'tar-stream';

const [address, archive] = process.argv.slice(2);
if (address === undefined || archive === undefined) {
  process.stderr.write('usage: outside.ts ADDRESS ARCHIVE\n');
  process.exit(2);
}

interface Place {
  readonly offset: number;
  readonly size: number;
}

interface ManifestEntry {
  readonly Config: string;
  readonly RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';
const isPrivate = /^(authenticated-image-pulling|k8s-authenticated-test)\//;

const places = await readPlaces(archive);
const file = await open(archive);
const entries: readonly ManifestEntry[] = JSON.parse((await readPlace('manifest.json')).toString());
const blobs = new Map<string, string>(); // digest > name in the archive
const manifests = new Map<string, Buffer>();
const tags = new Map<string, string>();
for (const entry of entries) addImage(entry);

createServer((_request, response) => response.end('<html><body>outside</body></html>\n')).listen(80, address);
createServer((request, response) => {
  answer(request, response).catch((error) => response.destroy(error));
}).listen(5000, address);

/** Where each file of the archive lies in it. */
async function readPlaces(path: string): Promise<ReadonlyMap<string, Place>> {
  const found = new Map<string, Place>();
  let offset = 0;
  const tar = extract();
  tar.on('entry', (header, stream, next) => {
    const size = header.size ?? 0;
    offset += 512; // only plain headers: that is how pack.ts writes
    found.set(header.name, { offset, size });
    offset += Math.ceil(size / 512) * 512;
    stream.on('end', next);
    stream.resume();
  });
  await new Promise<void>((resolve, reject) => {
    tar.on('finish', resolve);
    tar.on('error', reject);
    createReadStream(path).pipe(tar);
  });
  return found;
}

async function readPlace(name: string): Promise<Buffer> {
  const place = places.get(name);
  if (place === undefined) throw new Error(`The archive has no ${name}`);
  const buffer = Buffer.alloc(place.size);
  await file.read(buffer, 0, place.size, place.offset);
  return buffer;
}

function addImage({ Config, RepoTags, Layers }: ManifestEntry): void {
  const config = `sha256:${Config.slice(0, -'.json'.length)}`;
  blobs.set(config, Config);
  const layers = Layers.map((name) => {
    const digest = `sha256:${name.split('/')[0]}`;
    blobs.set(digest, name);
    return { mediaType: 'application/vnd.docker.image.rootfs.diff.tar', size: places.get(name)!.size, digest };
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: {
        mediaType: 'application/vnd.docker.container.image.v1+json',
        size: places.get(Config)!.size,
        digest: config,
      },
      layers,
    }),
  );
  const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
  manifests.set(digest, manifest);
  for (const full of RepoTags) tags.set(full.slice(full.indexOf('/') + 1), digest); // REPOSITORY:TAG, without the host
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split('?')[0]!;
  const send = (status: number, body: Buffer | string, headers: Record<string, string>) => {
    response.writeHead(status, { 'content-length': String(Buffer.byteLength(body)), ...headers });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const json = { 'content-type': 'application/json' };
  if (/^\/v2\/?$/.test(path)) return send(200, '{}', json);
  const match = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path);
  if (match === null) return send(404, '{"errors":[{"code":"NOT_FOUND"}]}', json);
  const [, repository, kind, reference] = match;
  if (isPrivate.test(repository!) && !request.headers.authorization?.startsWith('Basic ')) {
    return send(401, '{"errors":[{"code":"UNAUTHORIZED"}]}', { ...json, 'www-authenticate': 'Basic realm="outside"' });
  }
  if (kind === 'manifests') {
    const digest = manifests.has(reference!) ? reference! : tags.get(`${repository}:${reference}`);
    const manifest = digest === undefined ? undefined : manifests.get(digest);
    if (manifest === undefined) return send(404, '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}', json);
    return send(200, manifest, { 'content-type': manifestType, 'docker-content-digest': digest! });
  }
  const place = places.get(blobs.get(reference!) ?? '');
  if (place === undefined) return send(404, '{"errors":[{"code":"BLOB_UNKNOWN"}]}', json);
  response.writeHead(200, { 'content-length': String(place.size), 'content-type': 'application/octet-stream' });
  if (request.method === 'HEAD' || place.size === 0) {
    response.end();
    return;
  }
  createReadStream(archive!, { start: place.offset, end: place.offset + place.size - 1 }).pipe(response);
}
