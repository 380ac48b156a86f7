-- oldest version that runs on this: 0.1.0
CREATE TABLE "sweeper"."deliveries" (
	"notification_id" uuid NOT NULL,
	"channel" text NOT NULL,
	"event" text NOT NULL,
	"tenant" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT now() NOT NULL,
	"delivered_at" timestamp with time zone,
	"given_up_at" timestamp with time zone,
	"error" text,
	"error_at" timestamp with time zone,
	CONSTRAINT "deliveries_pk" PRIMARY KEY("notification_id","channel","event")
);
--> statement-breakpoint
CREATE TABLE "sweeper"."notifications" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant" text NOT NULL,
	"kind" text NOT NULL,
	"cause" text NOT NULL,
	"opened_at" timestamp with time zone DEFAULT now() NOT NULL,
	"absent_since" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"summary" text NOT NULL,
	"end_summary" text NOT NULL,
	"details" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sweeper"."deliveries" ADD CONSTRAINT "deliveries_notification" FOREIGN KEY ("notification_id") REFERENCES "sweeper"."notifications"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "deliveries_due" ON "sweeper"."deliveries" USING btree ("tenant","channel","next_attempt_at") WHERE delivered_at is null and given_up_at is null;--> statement-breakpoint
CREATE INDEX "deliveries_delivered" ON "sweeper"."deliveries" USING btree ("tenant","channel","delivered_at") WHERE delivered_at is not null;--> statement-breakpoint
CREATE INDEX "deliveries_failed" ON "sweeper"."deliveries" USING btree ("tenant","channel","error_at") WHERE error_at is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "notifications_one_open" ON "sweeper"."notifications" USING btree ("tenant","kind","cause") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "notifications_newest" ON "sweeper"."notifications" USING btree ("tenant","opened_at","id");