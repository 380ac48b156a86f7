-- oldest version that runs on this: 0.1.0
DROP INDEX "sweeper"."sweeps_found_nothing";--> statement-breakpoint
ALTER TABLE "sweeper"."attempts" ADD COLUMN "called" boolean;--> statement-breakpoint
ALTER TABLE "sweeper"."orphans" ADD COLUMN "stopped_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sweeper"."sweeps" ADD COLUMN "looks" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sweeper"."tenants" ADD COLUMN "breaker_probes" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sweeper"."tenants" ADD COLUMN "excused_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sweeper"."tenants" ADD COLUMN "platform_empty" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "attempts_answered" ON "sweeper"."attempts" USING btree ("tenant","started_at","id") WHERE (outcome in ('stopped', 'already_gone', 'stopped_live', 'clear_failed') or outcome = 'failed' and class <> 'platform');--> statement-breakpoint
CREATE INDEX "orphans_urgent" ON "sweeper"."orphans" USING btree ("tenant",(case when coalesce(held_at, hold_until) is not null then 2 when stuck_at is not null then 0 else 1 end),"orphaned_at","id","stuck_at","held_at","hold_until","last_outcome") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "orphans_most_attempts" ON "sweeper"."orphans" USING btree ("tenant","attempts","id") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "orphans_name" ON "sweeper"."orphans" USING btree ("tenant",left(coalesce(workspace_name, workspace_id), 200),"id") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "orphans_first_seen" ON "sweeper"."orphans" USING btree ("tenant","first_seen_at");--> statement-breakpoint
CREATE INDEX "orphans_held" ON "sweeper"."orphans" USING btree ("tenant","hold_until") WHERE hold_until is not null;--> statement-breakpoint
CREATE INDEX "sweeps_of_result" ON "sweeper"."sweeps" USING btree ("tenant","result","requested_at","id");--> statement-breakpoint
CREATE INDEX "sweeps_of_trigger" ON "sweeper"."sweeps" USING btree ("tenant","trigger","requested_at","id");--> statement-breakpoint
CREATE INDEX "sweeps_found_something" ON "sweeper"."sweeps" USING btree ("tenant","requested_at","id") WHERE result <> 'nothing_to_do';