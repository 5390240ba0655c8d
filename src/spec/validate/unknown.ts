import { configShape } from '../../../build/validators.ts';
import { isJsonObject } from '../json/value.ts';
import { type JsonValue, joinPointer } from '../json.ts';
import type { Fault } from '../problem.ts';
import { closest } from './closest.ts';
import { REF } from './ref.ts';
import { memberShape } from './repair.ts';
import type { Shape } from './validator.ts';

/** Members that the specification does not know. They are to be ignored, and may well be typing errors. */
export function findUnknown(value: JsonValue): Fault[] {
  const faults: Fault[] = [];
  visit(value, configShape, [], faults);
  return faults;
}

/** `path` leads to the value. A pointer is made of it when there is something to point at. */
function visit(value: JsonValue, shape: Shape, path: (string | number)[], faults: Fault[]): void {
  if (Array.isArray(value)) {
    const { items } = shape;
    if (items === undefined || isLeaf(items)) return;
    for (let i = 0; i < value.length; i++) {
      path.push(i);
      visit(value[i], items, path, faults);
      path.pop();
    }
  } else if (isJsonObject(value) && !isLeaf(shape)) {
    for (const key of Object.keys(value)) {
      const member = value[key];
      const known = memberShape(shape, key);
      if (known === undefined) {
        faults.push(unknown(joinPointer(...path, key), key, shape));
      } else if (typeof member === 'object') {
        path.push(key);
        visit(member, known, path, faults);
        path.pop();
      }
    }
  }
}

/** Nothing is known of what is inside, so nothing in it is unknown. */
function isLeaf(shape: Shape): boolean {
  return (shape.members ?? shape.values ?? shape.items) === undefined;
}

function unknown(pointer: string, key: string, shape: Shape): Fault {
  const meant = closest(key, Object.keys(shape.members ?? {}));
  return {
    severity: 'warning',
    kind: 'unknown-field',
    pointer,
    message: 'is not in the specification and has no effect',
    ...(meant !== undefined && { hint: `did you mean ${JSON.stringify(meant)}?` }),
    ref: REF.unknownProperties,
  };
}
