import {
  Ban,
  CheckCheck,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleQuestionMark,
  CircleX,
  Contrast,
  Eye,
  Hand,
  Hourglass,
  LoaderCircle,
  type LucideIcon,
  Minus,
  OctagonAlert,
  RotateCw,
  Shuffle,
  SkipForward,
  TriangleAlert,
  Undo2,
  Unplug,
  Users,
} from 'lucide-react';
import type { OrphanState, Outcome, SweepResult } from '../../../server/sweep/outcome.ts';
import type { Tone } from '../lib/verdict.ts';

/** Each word its own shape, so that it is told apart without colour. */

export interface Mark {
  readonly icon: LucideIcon;
  readonly tone: Tone;
  /** It is under way: the only thing that moves. */
  readonly turns?: true;
}

export const STATE_MARKS: Readonly<Record<OrphanState, Mark>> = {
  waiting: { icon: CircleDashed, tone: 'info' },
  sweeping: { icon: LoaderCircle, tone: 'info', turns: true },
  retrying: { icon: RotateCw, tone: 'warn' },
  stuck: { icon: TriangleAlert, tone: 'bad' },
  held: { icon: Hand, tone: 'unknown' },
  cleared: { icon: CircleCheck, tone: 'ok' },
  resolved: { icon: Undo2, tone: 'unknown' },
};

export const OUTCOME_MARKS: Readonly<Record<Outcome, Mark>> = {
  stopped: { icon: CircleCheck, tone: 'ok' },
  already_gone: { icon: CheckCheck, tone: 'ok' },
  stopped_live: { icon: OctagonAlert, tone: 'bad' },
  superseded: { icon: Shuffle, tone: 'unknown' },
  shared: { icon: Users, tone: 'bad' },
  failed: { icon: CircleX, tone: 'bad' },
  clear_failed: { icon: CircleAlert, tone: 'warn' },
  interrupted: { icon: Unplug, tone: 'warn' },
  would_stop: { icon: Eye, tone: 'info' },
};

export const RESULT_MARKS: Readonly<Record<SweepResult, Mark>> = {
  queued: { icon: Hourglass, tone: 'info' },
  running: { icon: LoaderCircle, tone: 'info', turns: true },
  cleared: { icon: CircleCheck, tone: 'ok' },
  partial: { icon: Contrast, tone: 'warn' },
  failed: { icon: CircleX, tone: 'bad' },
  nothing_to_do: { icon: Minus, tone: 'unknown' },
  dry_run: { icon: Eye, tone: 'info' },
  skipped: { icon: SkipForward, tone: 'warn' },
  cancelled: { icon: Ban, tone: 'unknown' },
  interrupted: { icon: Unplug, tone: 'warn' },
};

export const TONE_ICONS: Readonly<Record<Tone, LucideIcon>> = {
  bad: TriangleAlert,
  warn: RotateCw,
  info: CircleDashed,
  ok: CircleCheck,
  unknown: CircleQuestionMark,
};

export const TONE_TEXT: Readonly<Record<Tone, string>> = {
  bad: 'text-bad',
  warn: 'text-warn',
  info: 'text-info',
  ok: 'text-ok',
  unknown: 'text-unknown',
};
