import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Node } from 'constructs';

/** What differs from one deployment to the next: the inputs of the runbook, under the same names. */
export interface Settings {
  /** Part of most names. */
  readonly stage: string;
  /** The one site that may call the API and upload to the bucket. */
  readonly corsOrigin: string;
  /** Who gets the alarms; empty: nobody is subscribed. */
  readonly alarmEmail: string;
  /** Requests of one address within five minutes, after which the firewall blocks it. */
  readonly rateLimit: number;
  /** Reserved concurrent executions of each function. */
  readonly concurrency: number;
  /** Days for which Aurora keeps its backups. */
  readonly backupDays: number;
  /** When Aurora makes its backup, in UTC. */
  readonly backupWindow: string;
  /** Days for which CloudWatch keeps logs. */
  readonly logRetention: RetentionDays;
  /** In the local sandbox only: what the emulator refuses is left out. */
  readonly emulated: boolean;
}

/** Reads the settings from the context, and refuses what the stacks could not be made with. */
export function readSettings(node: Node): Settings {
  const text = (name: string, fallback: string | undefined, pattern: RegExp): string => {
    const value: unknown = node.tryGetContext(name) ?? fallback;
    if (value === undefined) throw new Error(`give the context: -c ${name}=…`);
    if (!pattern.test(String(value))) throw new Error(`${name} is not of the form ${pattern}: ${value}`);
    return String(value);
  };
  const number = (name: string, fallback: number, min: number, max: number): number => {
    const value = Number(text(name, String(fallback), /^[0-9]+$/));
    if (value < min || value > max) throw new Error(`${name} is not between ${min} and ${max}: ${value}`);
    return value;
  };
  const logRetention = number('log_retention_days', 30, 1, 365);
  if (RetentionDays[logRetention] === undefined) throw new Error(`CloudWatch Logs knows no ${logRetention} days`);
  return {
    stage: text('stage', undefined, /^(dev|staging|prod)$/),
    // One origin: no wildcard, no path. The guide's own is a placeholder.
    corsOrigin: text('cors_origin', undefined, /^https:\/\/[a-z0-9.-]+(:[0-9]+)?$/),
    alarmEmail: text('alarm_email', '', /^([^@ ]+@[^@ ]+)?$/),
    rateLimit: number('rate_limit', 2000, 10, 2_000_000),
    concurrency: number('concurrency', 10, 1, 1000),
    backupDays: number('backup_days', 7, 7, 35),
    backupWindow: text('backup_window', '03:00-04:00', /^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$/),
    logRetention,
    emulated: text('emulated', 'false', /^(true|false)$/) === 'true',
  };
}
