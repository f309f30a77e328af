import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import test from 'node:test';
import { Screen } from './screen.ts';

class Terminal extends EventEmitter {
  rows = 4;
  columns = 20;
  said = '';

  write(text: string): void {
    this.said += text;
  }

  /** Without what moves the cursor and switches modes. */
  take(): string {
    const { said } = this;
    this.said = '';
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
    return said.replace(/\u001b\[(?:\?\d+)?[A-Za-z]/g, '').replaceAll('\r\n', '\n');
  }
}

test('what is shown is never longer than the terminal, and is drawn anew when that changes', () => {
  const terminal = new Terminal();
  const screen = new Screen(terminal);
  screen.show('1\n2\n3\n4');
  assert.equal(terminal.take(), '1\n2\n3\n4');
  screen.show('1\n2\n3\n4\n5\n6');
  assert.equal(terminal.take(), '1\n2\n3\n… 3 more lines');
  terminal.rows = 6;
  terminal.emit('resize');
  assert.equal(terminal.take(), '1\n2\n3\n4\n5\n6');
});

test('a line is cut at the edge, colours aside', () => {
  const terminal = new Terminal();
  terminal.columns = 5;
  new Screen(terminal).show('12345\n\u001b[31m12\u001b[39m345\n\u001b[31m1234567\u001b[39m');
  assert.equal(terminal.take(), '12345\n\u001b[31m12\u001b[39m345\n\u001b[31m12345\u001b[0m');
});

test('the terminal is left as it was, with all of the last text on it', () => {
  const terminal = new Terminal();
  const screen = new Screen(terminal);
  screen.close();
  assert.equal(terminal.said, '');
  screen.show('1\n2\n3\n4\n5');
  assert.ok(terminal.said.startsWith('\u001b[?1049h'));
  terminal.take();
  screen.close();
  screen.close();
  assert.equal(terminal.said, '\u001b[?25h\u001b[?1049l1\n2\n3\n4\n5\n');
  assert.equal(terminal.listenerCount('resize'), 0);
});
