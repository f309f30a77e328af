/** A certificate and its key in files beside the configuration, as an operator has them. */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate } from '../tls/listener-tls.ts';

/** `NAME.pem` and `NAME.key`; each is there as it was or as it is. */
export async function writeCertificate(
  directory: string,
  name: string,
  { cert, key }: Pick<Certificate, 'cert' | 'key'>,
): Promise<void> {
  for (const [file, text] of [
    [`${name}.pem`, cert],
    [`${name}.key`, key],
  ] as const) {
    await writeFile(join(directory, `${file}.new`), text);
    await rename(join(directory, `${file}.new`), join(directory, file));
  }
}
