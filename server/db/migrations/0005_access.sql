-- oldest version that runs on this: 0.1.0
CREATE TYPE "sweeper"."role" AS ENUM('viewer', 'operator', 'admin');--> statement-breakpoint
CREATE TABLE "sweeper"."api_tokens" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant" text NOT NULL,
	"name" text NOT NULL,
	"role" "sweeper"."role" NOT NULL,
	"hash" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"revoked_by" text
);
--> statement-breakpoint
CREATE TABLE "sweeper"."sessions" (
	"hash" text PRIMARY KEY NOT NULL,
	"tenant" text NOT NULL,
	"name" text NOT NULL,
	"role" "sweeper"."role" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sweeper"."orphans" ADD COLUMN "hold_verified" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "sweeper"."sweeps" ADD COLUMN "request_verified" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "sweeper"."sweeps" ADD COLUMN "cancel_verified" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "sweeper"."tenants" ADD COLUMN "pause_verified" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "api_tokens_hash" ON "sweeper"."api_tokens" USING btree ("hash");--> statement-breakpoint
CREATE UNIQUE INDEX "api_tokens_one_name" ON "sweeper"."api_tokens" USING btree ("tenant","name") WHERE revoked_at is null;--> statement-breakpoint
CREATE INDEX "sessions_expired" ON "sweeper"."sessions" USING btree ("expires_at");