-- oldest version that runs on this: 0.1.0
create index "audit_of_target" on "sweeper"."audit" using btree ("tenant","target","at","id") where target is not null;