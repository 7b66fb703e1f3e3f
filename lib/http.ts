/**
 * HTTP/1.1. An `import` of `node:http` reads all that it hands on, a whole fetch and WebSocket client among it: 10 MB that
 * stay. Its types may be imported as usual.
 */
export const http: Pick<typeof import('node:http'), 'createServer' | 'request'> = process.getBuiltinModule('node:http');
