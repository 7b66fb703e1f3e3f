// Says what the library's grammar lacks in words that it has: messages (`Object.spec{a: 1}`), and entries that may be
// absent (`{?'a': b}`, `[?b]`). All else stays as it is written. Pure.

export interface Messages {
  /** Whether a message of this name may be made. */
  isKnown(name: string): boolean;
  /** Undefined: any. */
  fieldsOf(name: string): ReadonlySet<string> | undefined;
}

export const noMessages: Messages = { isKnown: () => false, fieldsOf: () => undefined };

/** @throws {Error} if a message is made that there is not */
export function withoutLiterals(text: string, messages: Messages): string {
  if (!text.includes('{') && !text.includes('?')) return text;
  const out: string[] = [];
  const open: Level[] = [];
  let before = ''; // the token before, comments aside
  let path: { readonly at: number; name: string } | undefined;

  function closeEntry(level: Level): void {
    if (level.isOptional) out.push(')');
    level.isOptional = false;
  }

  function start(kind: Level['kind'], token: string): void {
    open.push({ kind, at: out.length, isAtStart: true, isInKey: kind !== 'list', questions: 0, isOptional: false });
    out.push(token);
  }

  function startBrace(): void {
    if (path === undefined || !isName.test(before)) {
      start('map', '{');
      return;
    }
    if (!messages.isKnown(path.name)) throw new Error(`undeclared reference to '${path.name}' (in container '')`);
    out.splice(path.at, out.length - path.at, `${messageCall}(${JSON.stringify(path.name)}, `);
    start('message', '{');
    open.at(-1)!.fields = messages.fieldsOf(path.name);
  }

  function end(token: string): void {
    const level = open.pop();
    if (level === undefined || level.kind === 'other') {
      out.push(token);
      return;
    }
    closeEntry(level);
    out.push(token);
    if (level.kind === 'message') out.push(')');
    else if (level.hasOptional) {
      out[level.at] = `${presentCall}(${out[level.at]}`;
      out.push(')');
    }
  }

  /** Returns whether the token has been dealt with. */
  function inside(level: Level, token: string): boolean {
    const isFirst = level.isAtStart;
    level.isAtStart = token === ',';
    if (token === ',') {
      closeEntry(level);
      level.isInKey = level.kind !== 'list';
      level.questions = 0;
    } else if (token === '?') {
      if (!isFirst) level.questions++;
      else {
        level.isOptional = true;
        level.hasOptional = true;
        level.isAtStart = true;
        if (level.kind === 'list') out.push(`${entryCall}(`);
        return true;
      }
    } else if (token === ':') {
      if (level.questions > 0) level.questions--;
      else if (level.isInKey) {
        level.isInKey = false;
        out.push(level.isOptional ? `: ${entryCall}(` : ':');
        return true;
      }
    } else if (level.kind === 'message' && level.isInKey && isName.test(token)) {
      if (level.fields?.has(token) === false) throw new Error(`undefined field '${token}'`);
      out.push(JSON.stringify(token));
      return true;
    }
    return false;
  }

  for (const [token] of text.matchAll(tokens)) {
    if (/^(\s|\/\/)/.test(token)) {
      out.push(token);
      continue;
    }
    const level = open.at(-1);
    const isDone = level !== undefined && level.kind !== 'other' && !closes.has(token) && inside(level, token);
    if (isDone) {
      path = undefined;
    } else if (isName.test(token) && !words.has(token)) {
      if (before === '.' && path !== undefined) path.name += `.${token}`;
      else path = before === '.' ? undefined : { at: out.length, name: token };
      out.push(token);
    } else {
      if (token === '{') startBrace();
      else if (token === '[') start(isOperand(before) ? 'other' : 'list', '[');
      else if (token === '(') start('other', '(');
      else if (closes.has(token)) end(token);
      else out.push(token);
      if (token !== '.') path = undefined;
    }
    before = token;
  }
  return out.join('');
}

/** What the rewritten text calls. */
export const messageCall = '__message';
export const entryCall = '__entry';
export const presentCall = '__present';

interface Level {
  readonly kind: 'map' | 'message' | 'list' | 'other';
  /** Of what opens it, in what has been written. */
  readonly at: number;
  isAtStart: boolean;
  isInKey: boolean;
  /** Conditions begun in a key, whose colon is still to come. */
  questions: number;
  /** The entry that is being read may be absent. */
  isOptional: boolean;
  hasOptional?: boolean;
  fields?: ReadonlySet<string> | undefined;
}

const tokens =
  /\/\/[^\n]*|\s+|[bB]?[rR][bB]?(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n]*"|'[^'\n]*')|[bB]?(?:"""(?:\\[\s\S]|[^\\])*?"""|'''(?:\\[\s\S]|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|[A-Za-z_]\w*|\d[\w.]*|[\s\S]/g;
const isName = /^[A-Za-z_]\w*$/;
const words: ReadonlySet<string> = new Set(['in', 'true', 'false', 'null']);
const closes: ReadonlySet<string> = new Set([')', ']', '}']);

/** Whether a bracket after it picks from it. */
function isOperand(token: string): boolean {
  return /[\w)\]}"']$/.test(token) && token !== 'in';
}
