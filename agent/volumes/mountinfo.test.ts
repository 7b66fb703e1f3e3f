import test from 'ava';
import { mountPoints } from './mountinfo.ts';

test('mountPoints() reads names with spaces and backslashes', (t) => {
  const text = [
    '22 27 0:21 / /proc rw,relatime - proc proc rw',
    '23 27 0:22 / /a\\040b\\134c/ü rw shared:1 - tmpfs tmpfs rw',
    '',
  ].join('\n');
  t.deepEqual(mountPoints(text), ['/proc', '/a b\\c/ü']);
});
