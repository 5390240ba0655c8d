import type { Config } from '../config.ts';
import { utf8Length } from '../json/utf8.ts';
import { OCI_VERSION, OCI_VERSION_MIN, versionSupport } from '../version.ts';
import { type Check, quote, type Violation } from './check.ts';
import { hasNamespace } from './namespaces.ts';
import { REF } from './ref.ts';

/** ociVersion, root, hostname, domainname, annotations. */
export const GENERAL_CHECKS: readonly Check[] = [
  { ref: REF.version, severity: 'error', find: ({ ociVersion }) => checkVersion(ociVersion) },
  {
    ref: REF.root,
    severity: 'error',
    *find({ root }) {
      if (root === undefined)
        yield { pointer: '/root', message: 'is missing: a container on Linux needs a root filesystem' };
    },
  },
  {
    ref: REF.rootPath,
    severity: 'error',
    *find({ root }) {
      if (root?.path === '') yield { pointer: '/root/path', message: 'must not be empty' };
    },
  },
  {
    ref: REF.hostname,
    severity: 'error',
    needs: ['/linux/namespaces'],
    find: (config) => needsUts(config, 'hostname'),
  },
  {
    ref: REF.domainname,
    severity: 'error',
    needs: ['/linux/namespaces'],
    find: (config) => needsUts(config, 'domainname'),
  },
  {
    ref: REF.utsName,
    severity: 'error',
    *find(config) {
      for (const field of ['hostname', 'domainname'] as const) {
        const length = utf8Length(config[field] ?? '');
        if (length > 64) yield { pointer: `/${field}`, message: `must have at most 64 bytes, has ${length}` };
      }
    },
  },
  {
    ref: REF.annotationKey,
    severity: 'error',
    *find({ annotations }) {
      if (annotations !== undefined && Object.hasOwn(annotations, '')) {
        yield { pointer: '/annotations/', message: 'an annotation must have a name' };
      }
    },
  },
];

function* checkVersion(version: string): Iterable<Violation> {
  const pointer = '/ociVersion';
  const support = versionSupport(version);
  if (support === 'not-a-version') {
    yield { pointer, message: `must be a version such as ${OCI_VERSION}, is ${quote(version)}` };
  } else if (support === 'other-major') {
    const message = `version ${version} of the specification is not supported`;
    yield { pointer, message, hint: `this runtime implements ${OCI_VERSION_MIN} to ${OCI_VERSION}` };
  }
}

/** Otherwise the name of the host would be changed. */
function* needsUts(config: Config, field: 'hostname' | 'domainname'): Iterable<Violation> {
  if (config[field] === undefined || config[field] === '' || hasNamespace(config, 'uts')) return;
  yield {
    pointer: `/${field}`,
    message: `cannot be set: the container has no UTS namespace of its own`,
    hint: 'add {"type": "uts"} to /linux/namespaces',
  };
}
