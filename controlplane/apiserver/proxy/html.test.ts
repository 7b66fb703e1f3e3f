import test from 'ava';
import { rewriteLinks } from './html.ts';

const facts = { base: '/api/v1/namespaces/n/pods/p/proxy', host: '10.0.0.1', port: 80 };

const becomes = test.macro<[string, string]>({
  title: (_title, from) => `rewriteLinks() ${from}`,
  exec: (t, from, to) => t.is(rewriteLinks(from, facts), to),
});

test(becomes, '<a href="/x?y=z">t</a>', '<a href="/api/v1/namespaces/n/pods/p/proxy/x?y=z">t</a>');
test(becomes, "<IMG alt='a' src='/i.png'/>", '<IMG alt=\'a\' src="/api/v1/namespaces/n/pods/p/proxy/i.png"/>');
test(becomes, '<a href="http://10.0.0.1/x">', '<a href="/api/v1/namespaces/n/pods/p/proxy/x">');
test(becomes, '<a href="https://elsewhere.example/x">', '<a href="https://elsewhere.example/x">');
test(becomes, '<a href="//elsewhere.example/x">', '<a href="//elsewhere.example/x">');
test(becomes, '<a href="relative">', '<a href="relative">');
test(becomes, '<p title="/x">a < b</p>', '<p title="/x">a < b</p>');
