import { type DestinationStream, destination, pino, stdSerializers } from 'pino';

/**
 * Structured log. Messages are constant, in the past tense, capitalised, without a full stop; keys in lowerCamelCase,
 * `pod` = namespace/name, `err` for errors. Rule: Kubernetes structured-logging guide.
 */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A log that adds `fields` to each line. */
  with(fields: Fields): Log;
}
export type Fields = Readonly<Record<string, unknown>>;
export type Level = 'debug' | 'info' | 'warn' | 'error';
export const levels: readonly Level[] = ['debug', 'info', 'warn', 'error'];

/** Writes one JSON line an entry to `target` (standard error by default), at once: nothing is lost in a crash. */
export function createLog(options: { readonly level?: Level; readonly target?: DestinationStream } = {}): Log {
  const { level = 'info', target = destination({ fd: 2, sync: true }) } = options;
  return wrap(
    pino(
      {
        level,
        base: null,
        messageKey: 'msg',
        timestamp: () => `,"ts":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { err: stdSerializers.err },
      },
      target,
    ),
  );
}

/** For tests that do not look at the log. */
export function createSilentLog(): Log {
  const log: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => log };
  return log;
}

function wrap(logger: ReturnType<typeof pino>): Log {
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    with: (fields) => wrap(logger.child(fields)),
  };
}
