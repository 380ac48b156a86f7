-- oldest version that runs on this: 0.1.0
CREATE TABLE "sweeper"."steps" (
	"tenant" text NOT NULL,
	"orphan_id" uuid NOT NULL,
	"place" integer NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"created_at" text,
	"done_at" timestamp with time zone,
	CONSTRAINT "steps_pk" PRIMARY KEY("orphan_id","place")
);
--> statement-breakpoint
ALTER TABLE "sweeper"."orphans" ADD COLUMN "no_row_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sweeper"."orphans" ADD COLUMN "no_row_confirmed" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "sweeper"."tenants" ADD COLUMN "left_alone" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "sweeper"."steps" ADD CONSTRAINT "steps_orphan" FOREIGN KEY ("orphan_id") REFERENCES "sweeper"."orphans"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "steps_left" ON "sweeper"."steps" USING btree ("tenant","orphan_id") WHERE done_at is null;--> statement-breakpoint
CREATE INDEX "orphans_without_row" ON "sweeper"."orphans" USING btree ("tenant","first_seen_at") WHERE resolved_at is null and why = 'no_row';