// Everything core has to say. Logs, metrics, the dashboard and tests subscribe; core never logs.
import type { Bucket, Fence, FencingToken, JobId } from '../model/ids.ts';
import type { AttemptState } from '../model/job.ts';

export type Event =
  | { readonly type: 'session.opened'; readonly session: string }
  | { readonly type: 'session.ended'; readonly session: string; readonly reason: string }
  | { readonly type: 'session.expired'; readonly session: string }
  | { readonly type: 'lock.acquired'; readonly name: string; readonly token: FencingToken }
  | { readonly type: 'lock.released'; readonly name: string; readonly token: FencingToken }
  | {
      readonly type: 'bucket.owned';
      readonly bucket: Bucket;
      readonly token: FencingToken;
      readonly lost: number;
      readonly durationMs: number;
    }
  | { readonly type: 'bucket.left'; readonly bucket: Bucket; readonly reason: string }
  | {
      readonly type: 'bucket.audited';
      readonly bucket: Bucket;
      readonly slot: number;
      readonly found: number;
      readonly step: 'close' | 'audit';
    }
  | { readonly type: 'bucket.purged'; readonly bucket: Bucket; readonly slot: number }
  | {
      readonly type: 'slot.decided';
      readonly schedule: string;
      readonly slotMs: number;
      readonly state: 'fired' | 'skipped' | 'missed' | 'buffered';
      /** Why it was not fired. */
      readonly reason: string | null;
      /** From the slot until its job was durable, or it was left out, ms. */
      readonly lagMs: number;
    }
  | { readonly type: 'jobs.submitted'; readonly bucket: Bucket; readonly count: number; readonly durationMs: number }
  | { readonly type: 'job.duplicate'; readonly jobId: JobId }
  | { readonly type: 'jobs.claimed'; readonly bucket: Bucket; readonly count: number; readonly durationMs: number }
  | {
      readonly type: 'job.started';
      readonly jobId: JobId;
      readonly jobType: string;
      readonly attempt: number;
      readonly fence: Fence;
      readonly lagMs: number;
    }
  | {
      readonly type: 'job.log';
      readonly jobId: JobId;
      readonly attempt: number;
      readonly fence: Fence;
      readonly message: string;
      readonly fields?: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: 'job.progress';
      readonly jobId: JobId;
      readonly attempt: number;
      readonly fence: Fence;
      readonly value: unknown;
    }
  | {
      readonly type: 'job.ended';
      readonly jobId: JobId;
      readonly jobType: string;
      readonly attempt: number;
      readonly fence: Fence;
      readonly state: AttemptState;
      readonly error: string | null;
      readonly durationMs: number;
      readonly nextDueMs: number | null;
    }
  | { readonly type: 'job.dropped'; readonly jobId: JobId; readonly fence: Fence; readonly reason: string }
  | { readonly type: 'pointer.ghost'; readonly jobId: JobId; readonly fence: Fence; readonly op: string }
  | {
      readonly type: 'api.requested';
      /** Its operationId; none for what is no operation. */
      readonly operation: string;
      readonly method: string;
      /** Template of the path. */
      readonly route: string;
      /** It may have changed something: the audit log shows it. */
      readonly isChange: boolean;
      /** What it was about: the parameters of the path. */
      readonly subject: string;
      /** Name of the token, or of the place where it came from. */
      readonly actor: string;
      readonly status: number;
      /** Why it could not be done; null where it was, or was refused. */
      readonly error: unknown;
      readonly requestId: string;
      readonly durationMs: number;
    }
  | { readonly type: 'loop.failed'; readonly loop: string; readonly error: unknown; readonly retryMs: number }
  | { readonly type: 'clock.skewed'; readonly offsetMs: number }
  | {
      readonly type: 'store.operation';
      readonly operation: string;
      readonly outcome: 'ok' | 'refused' | 'unknown' | 'error';
      readonly durationMs: number;
    };

export interface EventSink {
  emit(event: Event): void;
}
