-- oldest version that runs on this: 0.1.0
create schema if not exists "sweeper";
--> statement-breakpoint
CREATE TYPE "sweeper"."failure_class" AS ENUM('unreachable', 'timeout', 'transient', 'throttled', 'unauthorized', 'forbidden', 'in_progress', 'rejected', 'platform');--> statement-breakpoint
CREATE TYPE "sweeper"."fault" AS ENUM('orphan', 'control_plane', 'nobody');--> statement-breakpoint
CREATE TYPE "sweeper"."outcome" AS ENUM('stopped', 'already_gone', 'stopped_live', 'superseded', 'shared', 'failed', 'clear_failed', 'interrupted', 'would_stop');--> statement-breakpoint
CREATE TYPE "sweeper"."resolution" AS ENUM('stopped', 'already_gone', 'external', 'restored', 'acknowledged');--> statement-breakpoint
CREATE TYPE "sweeper"."second_look" AS ENUM('due', 'confirmed', 'unconfirmed', 'reappeared');--> statement-breakpoint
CREATE TYPE "sweeper"."sweep_result" AS ENUM('queued', 'running', 'cleared', 'partial', 'failed', 'nothing_to_do', 'dry_run', 'skipped', 'cancelled', 'interrupted');--> statement-breakpoint
CREATE TYPE "sweeper"."trigger" AS ENUM('boot', 'interval', 'manual');--> statement-breakpoint
CREATE TYPE "sweeper"."why" AS ENUM('removed', 'row_gone', 'replaced', 'reappeared', 'no_row');--> statement-breakpoint
CREATE TABLE "sweeper"."attempts" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant" text NOT NULL,
	"sweep_id" uuid NOT NULL,
	"orphan_id" uuid NOT NULL,
	"workspace_id" text NOT NULL,
	"workspace_name" text,
	"instance_id" text NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	"outcome" "sweeper"."outcome",
	"class" "sweeper"."failure_class",
	"fault" "sweeper"."fault",
	"http_status" integer,
	"message" text,
	"late_answer" "sweeper"."outcome",
	"late_answer_at" timestamp with time zone,
	"request_id" text NOT NULL,
	"replica" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sweeper"."audit" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor" text,
	"verified" boolean DEFAULT false NOT NULL,
	"address" text,
	"action" text NOT NULL,
	"target" text,
	"reason" text,
	"refused" text,
	"request_id" text
);
--> statement-breakpoint
CREATE TABLE "sweeper"."migrations" (
	"id" serial PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"hash" text NOT NULL,
	"created_at" bigint NOT NULL,
	"oldest_version" text,
	"applied_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sweeper"."orphans" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant" text NOT NULL,
	"workspace_id" text NOT NULL,
	"workspace_name" text,
	"instance_id" text NOT NULL,
	"why" "sweeper"."why" NOT NULL,
	"orphaned_at" timestamp with time zone NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"first_attempt_at" timestamp with time zone,
	"last_attempt_at" timestamp with time zone,
	"next_attempt_at" timestamp with time zone NOT NULL,
	"stuck_at" timestamp with time zone,
	"claimed_by" uuid,
	"claimed_until" timestamp with time zone,
	"attempt_id" uuid,
	"last_outcome" "sweeper"."outcome",
	"last_class" "sweeper"."failure_class",
	"last_fault" "sweeper"."fault",
	"last_message" text,
	"last_pattern" text,
	"last_http_status" integer,
	"last_error_at" timestamp with time zone,
	"held_at" timestamp with time zone,
	"held_by" text,
	"hold_reason" text,
	"hold_until" timestamp with time zone,
	"second_look" "sweeper"."second_look",
	"second_look_due_at" timestamp with time zone,
	"second_looks" integer DEFAULT 0 NOT NULL,
	"acknowledged_at" timestamp with time zone,
	"acknowledged_by" text,
	"acknowledge_reason" text,
	"resolved_at" timestamp with time zone,
	"resolution" "sweeper"."resolution"
);
--> statement-breakpoint
CREATE TABLE "sweeper"."samples" (
	"tenant" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"open" integer NOT NULL,
	"stuck" integer NOT NULL,
	CONSTRAINT "samples_pk" PRIMARY KEY("tenant","at")
);
--> statement-breakpoint
CREATE TABLE "sweeper"."sweeps" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant" text NOT NULL,
	"trigger" "sweeper"."trigger" NOT NULL,
	"scope" text[],
	"expected" integer,
	"drain" boolean DEFAULT false NOT NULL,
	"dry_run" boolean DEFAULT false NOT NULL,
	"requested_by" text,
	"reason" text,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"cancel_requested_at" timestamp with time zone,
	"cancel_requested_by" text,
	"result" "sweeper"."sweep_result" NOT NULL,
	"counts" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"claimed" integer DEFAULT 0 NOT NULL,
	"deferred" integer DEFAULT 0 NOT NULL,
	"open" integer,
	"stuck" integer,
	"error" text,
	"replica" text
);
--> statement-breakpoint
CREATE TABLE "sweeper"."tenants" (
	"tenant" text PRIMARY KEY NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"alive_at" timestamp with time zone,
	"lease_holder" text,
	"lease_sweep_id" uuid,
	"lease_until" timestamp with time zone,
	"swept_at" timestamp with time zone,
	"swept_by" text,
	"observed_at" timestamp with time zone,
	"observe_ms" integer,
	"observe_error" text,
	"observe_error_at" timestamp with time zone,
	"platform_write_error" text,
	"platform_fingerprint" text,
	"last_success_at" timestamp with time zone,
	"positive_control" text,
	"positive_control_message" text,
	"positive_control_at" timestamp with time zone,
	"paused_at" timestamp with time zone,
	"paused_by" text,
	"pause_reason" text,
	"pause_until" timestamp with time zone,
	"brake_at" timestamp with time zone,
	"brake_orphans" integer,
	"brake_released_at" timestamp with time zone,
	"brake_released_by" text,
	"brake_release_reason" text,
	"brake_covered_until" timestamp with time zone,
	"breaker_opened_at" timestamp with time zone,
	"breaker_class" "sweeper"."failure_class",
	"breaker_message" text,
	"breaker_retry_at" timestamp with time zone,
	"breaker_run" uuid[] DEFAULT '{}' NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sweeper"."attempts" ADD CONSTRAINT "attempts_sweep" FOREIGN KEY ("sweep_id") REFERENCES "sweeper"."sweeps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sweeper"."attempts" ADD CONSTRAINT "attempts_orphan" FOREIGN KEY ("orphan_id") REFERENCES "sweeper"."orphans"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "attempts_of_workspace" ON "sweeper"."attempts" USING btree ("tenant","workspace_id","started_at","id");--> statement-breakpoint
CREATE INDEX "attempts_of_orphan" ON "sweeper"."attempts" USING btree ("orphan_id","started_at","id");--> statement-breakpoint
CREATE INDEX "attempts_of_sweep" ON "sweeper"."attempts" USING btree ("sweep_id","started_at","id");--> statement-breakpoint
CREATE INDEX "attempts_newest" ON "sweeper"."attempts" USING btree ("tenant","started_at","id");--> statement-breakpoint
CREATE INDEX "attempts_open" ON "sweeper"."attempts" USING btree ("tenant") WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX "audit_newest" ON "sweeper"."audit" USING btree ("tenant","at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "orphans_one_open" ON "sweeper"."orphans" USING btree ("tenant","workspace_id","instance_id") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "orphans_due" ON "sweeper"."orphans" USING btree ("tenant","next_attempt_at","orphaned_at","id") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "orphans_open" ON "sweeper"."orphans" USING btree ("tenant","orphaned_at","id") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "orphans_open_first_seen" ON "sweeper"."orphans" USING btree ("tenant","first_seen_at","id") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "orphans_claimed" ON "sweeper"."orphans" USING btree ("claimed_by") WHERE claimed_by is not null;--> statement-breakpoint
CREATE INDEX "orphans_open_attempt" ON "sweeper"."orphans" USING btree ("tenant","claimed_until") WHERE attempt_id is not null;--> statement-breakpoint
CREATE INDEX "orphans_key" ON "sweeper"."orphans" USING btree ("tenant","workspace_id","instance_id","resolved_at");--> statement-breakpoint
CREATE INDEX "orphans_resolved" ON "sweeper"."orphans" USING btree ("tenant","resolved_at","id") WHERE resolved_at is not null;--> statement-breakpoint
CREATE INDEX "orphans_second_look" ON "sweeper"."orphans" USING btree ("tenant","second_look_due_at") WHERE second_look_due_at is not null;--> statement-breakpoint
CREATE INDEX "sweeps_newest" ON "sweeper"."sweeps" USING btree ("tenant","requested_at","id");--> statement-breakpoint
CREATE INDEX "sweeps_unfinished" ON "sweeper"."sweeps" USING btree ("tenant","requested_at") WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX "sweeps_found_nothing" ON "sweeper"."sweeps" USING btree ("tenant","requested_at") WHERE result = 'nothing_to_do';