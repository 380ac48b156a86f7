-- oldest version that runs on this: 0.1.0
ALTER TABLE "sweeper"."tenants" ADD COLUMN "observe_fault" text;--> statement-breakpoint
ALTER TABLE "sweeper"."tenants" ADD COLUMN "platform_write_fault" text;