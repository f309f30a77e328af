import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { nodeSchema } from '../config/node-schema.ts';
import { addFlags, givenOptions } from './flags.ts';

function parse(...args: string[]) {
  const command = addFlags(new Command());
  command.parse(args, { from: 'user' });
  return givenOptions(command.opts());
}

test('flags are handed on as they are written, with the option that they stand for', () => {
  assert.deepEqual(parse('--server-url', 'https://a', '--port', '08', '--config', 'x.yaml'), {
    config: 'x.yaml',
    flags: [
      { flag: '--port', path: ['port'], text: '08' },
      { flag: '--server-url', path: ['serverUrl'], text: 'https://a' },
    ],
  });
  assert.deepEqual(parse(), { config: undefined, flags: [] });
});

test('the help tells the true defaults, and every flag stands for an option', () => {
  const options = addFlags(new Command()).options.filter(({ long }) => long !== '--config');
  const args = options.flatMap(({ long, description }) => {
    const [, text] = /\(default: (.*)\)$/.exec(description) ?? [];
    return long && text !== undefined ? [long, text] : [];
  });
  const { flags } = parse(...args);
  assert.ok(flags.length >= 10);
  const result = loadConfig(nodeSchema, { environment: {}, prefix: 'T_', flags });
  assert.ok(result.ok);
  assert.deepEqual(result.config, nodeSchema.parse({}));

  const without = options.filter(({ description }) => !description.includes('(default: ')).map(({ long }) => long);
  assert.deepEqual(without, ['--server-url', '--allowed-origins', '--metrics-port']);
});
