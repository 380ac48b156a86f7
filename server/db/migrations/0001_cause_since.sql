-- oldest version that runs on this: 0.1.0
alter table "sweeper"."orphans" add column "cause_since" timestamp with time zone;
