import type { Config } from '../../../spec/config.ts';
import { joinPointer } from '../../../spec/json.ts';
import { ContainerError } from '../../errors.ts';
import { marshal, type Text, type Value } from './dbus/values.ts';
import { parseVariant } from './gvariant.ts';
import type { Property } from './properties.ts';

const PROPERTY_ANNOTATION = 'org.systemd.property.';

/** Properties of the unit that annotations ask for: `org.systemd.property.TimeoutStopUSec` = `uint64 5000000`. */
export function annotatedProperties(engine: Text, annotations: Config['annotations'] = {}): Property[] {
  return Object.entries(annotations).flatMap(([key, text]) => {
    if (!key.startsWith(PROPERTY_ANNOTATION)) return [];
    return [property(engine, key, text)];
  });
}

function property(engine: Text, key: string, text: string): Property {
  const name = key.slice(PROPERTY_ANNOTATION.length);
  const pointer = joinPointer('annotations', key);
  if (!/^[A-Za-z]{3,}$/.test(name)) {
    throw new ContainerError('invalid-config', `annotation ${key}: a property's name is three letters or more`, {
      pointer,
    });
  }
  try {
    const variant = parseVariant(text);
    const inSeconds = /^(.*[a-z])Sec$/.exec(name)?.[1];
    const asked =
      inSeconds === undefined
        ? { name, ...variant }
        : { name: `${inSeconds}USec`, signature: 't', value: microseconds(variant.value) };
    // A number out of its type's range is an error here and now, not when the bus is talked to.
    marshal(engine, 'v', [asked]);
    return asked;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    throw new ContainerError('invalid-config', `annotation ${key}=${JSON.stringify(text)}`, {
      pointer,
      cause: error,
      hint: "values are GVariant text: uint64 5, true, 'text', ['a', 'b']",
    });
  }
}

/** Unit files have a time in seconds, `TimeoutStopSec`, and the bus the same in microseconds under another name. */
function microseconds(value: Value): bigint {
  if (typeof value === 'bigint') return value * 1_000_000n;
  if (typeof value === 'number') return BigInt(Math.round(value * 1e6));
  throw new SyntaxError('a time in seconds is a number');
}
