import type { Environment } from '@marcbachmann/cel-js';

/** What an expression may ask: whether the requester, or a service account, may do something. */
export interface AccessQuestion {
  readonly verb: string;
  /** Of another than the requester. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  readonly path?: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** As they would be written in a request. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export type Access = (question: AccessQuestion) => { readonly isAllowed: boolean; readonly reason: string };

const nothing: AccessQuestion = { verb: '', group: '', resource: '', subresource: '', namespace: '', name: '' };

/** The variable `authorizer`. Rule: k8s.io/apiserver pkg/cel/library, authz. */
export function createAuthorizer(access: Access, request: Partial<AccessQuestion>): object {
  return new Authorizer(access, nothing, new Check(access, { ...nothing, ...request }));
}

class Check {
  readonly access: Access;
  readonly question: AccessQuestion;

  constructor(access: Access, question: AccessQuestion) {
    this.access = access;
    this.question = question;
  }

  with(change: Partial<AccessQuestion>): Check {
    return new Check(this.access, { ...this.question, ...change });
  }
}

class Authorizer extends Check {
  readonly requestResource: Check;

  constructor(access: Access, question: AccessQuestion, requestResource: Check) {
    super(access, question);
    this.requestResource = requestResource;
  }
}

class Decision {
  readonly isAllowed: boolean;
  readonly reason: string;

  constructor(isAllowed: boolean, reason: string) {
    this.isAllowed = isAllowed;
    this.reason = reason;
  }
}

export function addAuthorizerFunctions(environment: Environment): void {
  const own = 'kubernetes.authorization.Authorizer';
  const check = 'kubernetes.authorization.Check';
  const decision = 'kubernetes.authorization.Decision';
  environment
    .registerType(check, { ctor: Check, fields: {} })
    .registerType(decision, { ctor: Decision, fields: {} })
    .registerType(own, { ctor: Authorizer, fields: { requestResource: check } })
    .registerFunction(`${own}.path(string): ${check}`, (one: Check, path: string) => one.with({ path }))
    .registerFunction(`${own}.group(string): ${check}`, (one: Check, group: string) => one.with({ group }))
    .registerFunction(
      `${own}.serviceAccount(string, string): ${own}`,
      (one: Authorizer, namespace: string, name: string) => {
        return new Authorizer(
          one.access,
          { ...one.question, serviceAccount: { namespace, name } },
          one.requestResource,
        );
      },
    )
    .registerFunction(`${check}.check(string): ${decision}`, ({ access, question }: Check, verb: string) => {
      const { isAllowed, reason } = access({ ...question, verb });
      return new Decision(isAllowed, reason);
    })
    .registerFunction(`${decision}.allowed(): bool`, ({ isAllowed }: Decision) => isAllowed)
    .registerFunction(`${decision}.reason(): string`, ({ reason }: Decision) => reason)
    .registerFunction(`${decision}.errored(): bool`, () => false)
    .registerFunction(`${decision}.error(): string`, () => '');
  for (const field of ['resource', 'subresource', 'namespace', 'name', 'fieldSelector', 'labelSelector']) {
    environment.registerFunction(`${check}.${field}(string): ${check}`, (one: Check, value: string) => {
      return one.with({ [field]: value });
    });
  }
}
