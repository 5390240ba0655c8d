import type { Config } from '../spec/config.ts';
import { loadConfig } from '../spec/load.ts';
import { formatProblem } from '../spec/problem.ts';
import { readConfig } from './bundle.ts';
import type { Answer, Group, Probe, Verdict } from './check/probe.ts';
import { probes } from './check/probes.ts';
import { CheckSite } from './check/site.ts';
import { ContainerError } from './errors.ts';
import type { Host } from './host.ts';
import { lacking } from './requirements/lacking.ts';

/** What was found of one thing that containers may need. */
export interface Finding {
  readonly group: Group | 'bundle';
  readonly name: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** There is no container without it. */
  readonly needed: boolean;
  /** What there is not without it; absent where nothing is lost. */
  readonly lost?: string;
  /** The command that changes it. */
  readonly cure?: string;
  /** Of the part of config.json that needs it. */
  readonly pointer?: string;
}

/**
 * Whether this host can run containers as `tsrunc spec` describes them, or that of a bundle, and what is to be had
 * besides. Nothing is changed and no privilege needed: what the kernel does is tried by processes that end at once. With
 * a bundle what is `needed` is what its config.json needs. Throws if that cannot be used anywhere.
 */
export function check(host: Host, bundle?: string): Finding[] {
  const config = bundle === undefined ? undefined : configOf(host, bundle);
  const site = new CheckSite(host, bundle, config);
  const found = probes.map((probe) => finding(probe, site));
  return config === undefined || bundle === undefined ? found : [...found, ...demands(host, bundle, config)];
}

/** Whether it can. */
export function suffices(findings: readonly Finding[]): boolean {
  return !findings.some(({ needed, verdict }) => needed && verdict === 'missing');
}

function finding({ group, name, lost, needed, look }: Probe, site: CheckSite): Finding {
  const { verdict, found, cure }: Answer = look(site);
  const whole = verdict === 'ok' || verdict === 'unknown';
  return {
    ...{ group, name, verdict, found, needed: needed(site) },
    ...(!whole && { lost }),
    ...(!whole && cure !== undefined && { cure }),
  };
}

/** What of the host the configuration names, or asks for in its fields, and is not there. */
function demands({ engine }: Host, bundle: string, config: Config): Finding[] {
  return lacking({ engine, bundle }, config).map(({ severity, pointer, message, hint }) => ({
    group: 'bundle',
    name: pointer,
    verdict: severity === 'error' ? 'missing' : 'limited',
    found: message,
    needed: severity === 'error',
    ...(hint !== undefined && { cure: hint }),
    pointer,
  }));
}

function configOf({ engine }: Host, bundle: string): Config {
  const { config, problems } = loadConfig(readConfig(engine, bundle), engine.decode);
  const first = problems.find(({ severity }) => severity === 'error');
  if (config && !first) return config;
  throw new ContainerError('invalid-config', `config.json:${first ? formatProblem(first) : ''}`, {
    pointer: first?.pointer,
    hint: 'tsrunc validate says all that is wrong with it',
  });
}
