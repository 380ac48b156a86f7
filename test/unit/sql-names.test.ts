import { expect, test } from 'vitest';
import { identifier, literal, qualified, tableNamed } from '../../web/src/lib/sql-names.ts';

test.each([
  ['public.workspaces', '"public"."workspaces"'],
  ['workspaces', '"public"."workspaces"'],
  ['Tenants.WorkSpaces', '"Tenants"."WorkSpaces"'],
  ['user.order', '"user"."order"'],
  ['app.work$spaces_2', '"app"."work$spaces_2"'],
  ['app.a.b', '"app"."a.b"'],
  ['app.od"d', '"app"."od""d"'],
])('PLATFORM_TABLE=%s is %s', (setting, name) => expect(qualified(tableNamed(setting))).toBe(name));

test('a name cannot end its quotes', () => {
  expect(identifier('x"; drop table y; --')).toBe('"x""; drop table y; --"');
  expect(literal("it's")).toBe("'it''s'");
});
