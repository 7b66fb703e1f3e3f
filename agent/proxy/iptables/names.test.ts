import test from 'ava';
import { portChain, targetChain } from './names.ts';

// Names that every cluster with kube-proxy has.
test('portChain() gives the names that kube-proxy gives', (t) => {
  t.is(portChain('KUBE-SVC-', 'default/kubernetes:https', 'tcp'), 'KUBE-SVC-NPX46M4PTMTKRN6Y');
  t.is(portChain('KUBE-SVC-', 'kube-system/kube-dns:dns', 'udp'), 'KUBE-SVC-TCOU7JCQXEZGVUNU');
  t.is(portChain('KUBE-SVC-', 'kube-system/kube-dns:dns-tcp', 'tcp'), 'KUBE-SVC-ERIFXISQEP7F7OF4');
});

test('targetChain() tells targets apart and fits the kernel', (t) => {
  const one = targetChain('default/web:http', 'tcp', '10.244.0.5:80');
  t.not(one, targetChain('default/web:http', 'tcp', '10.244.0.6:80'));
  t.true(one.length <= 28);
});
