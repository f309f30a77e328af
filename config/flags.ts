/** Options by flag of the command line. Which flag stands for which option is the program's choice. */
import { type AssignmentReading, readAssignments } from './assignments.ts';
import { formatPath, type KeyPath } from './key-path.ts';
import { type Shape, shapeAt } from './shape.ts';

/** A flag as it was given: `{ flag: '--port', path: ['port'], text: '8701' }`. */
export interface GivenFlag {
  readonly flag: string;
  readonly path: KeyPath;
  readonly text: string;
}

/** Reads the texts as those of variables are read. Throws for a path that the schema does not have. */
export function readFlags(shape: Shape, flags: readonly GivenFlag[]): AssignmentReading {
  return readAssignments(
    flags.map(({ flag, path, text }) => {
      const target = shapeAt(shape, path);
      if (target === undefined) throw new Error(`${flag} stands for ${formatPath(path)}, which is no option`);
      return { origin: { kind: 'flag', flag }, path, shape: target, text };
    }),
  );
}
