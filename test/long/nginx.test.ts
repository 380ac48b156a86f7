import { expect, it, onTestFinished } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import { createApi } from '../support/api.ts';
import { findNginx, startNginx } from '../support/nginx.ts';
import { createWorld } from '../support/world.ts';

/** Another address of this machine, so that a caller who passes nginx by comes from elsewhere. */
const OF_NGINX = '127.0.0.2';

it('behind nginx, with the site that we recommend: whom it knows is let in, and nobody else, whatever they say', async ({
  skip,
}) => {
  const program = findNginx(skip);
  const world = await createWorld();
  onTestFinished(() => world.close());
  const api = await createApi(world, {
    ...{ PUBLIC_URL: 'https://sweeper.example.com', TRUSTED_PROXY: OF_NGINX },
    ...{ TRUSTED_USER_HEADER: 'X-Forwarded-User', TRUSTED_GROUPS_HEADER: 'X-Forwarded-Groups' },
  });
  onTestFinished(() => api.close());
  const target = await api.app.listen({ port: 0, host: '127.0.0.1' });
  const passwords = { anna: 'of anna', bodo: 'of bodo' };
  const url = await startNginx(program, { target, from: OF_NGINX, passwords });

  const ask = async (base: string, headers: Record<string, string>, init: RequestInit = {}) => {
    const path = init.method === undefined ? '/api/status' : '/api/pause';
    const response = await fetch(`${base}${path}`, { ...init, headers });
    const body: Partial<Status> & { code?: string } =
      response.status === 401 && base === url ? {} : JSON.parse(await response.text());
    return { status: response.status, you: body.you, code: body.code };
  };
  const basic = (name: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
  });
  const forged = { 'x-forwarded-user': 'anna', 'x-forwarded-groups': 'admin' };

  expect(await ask(url, basic('anna', 'of anna'))).toMatchObject({ status: 200, you: { name: 'anna', role: 'admin' } });
  expect(await ask(url, basic('anna', 'guessed'))).toMatchObject({ status: 401 });
  expect(await ask(url, {})).toMatchObject({ status: 401 });
  const bodo = await ask(url, { ...basic('bodo', 'of bodo'), ...forged });
  expect(bodo).toMatchObject({ status: 200, you: { name: 'bodo', role: 'viewer', proof: 'header' } });
  expect(await ask(target, forged), 'past nginx').toMatchObject({ status: 403, code: 'forged_header' });
  expect(await ask(target, {}), 'past nginx').toMatchObject({ status: 401, code: 'signed_out' });

  const change = { method: 'DELETE' };
  const origin = { origin: 'https://sweeper.example.com' };
  expect(await ask(url, { ...basic('anna', 'of anna'), ...origin }, change)).toMatchObject({ status: 200 });
  expect(await ask(url, { ...basic('bodo', 'of bodo'), ...origin }, change)).toMatchObject({
    status: 403,
    code: 'role_required',
  });
  const elsewhere = { origin: 'https://elsewhere.example' };
  expect(await ask(url, { ...basic('anna', 'of anna'), ...elsewhere }, change)).toMatchObject({
    code: 'foreign_origin',
  });
  const { rows } = await world.home.query('select actor, address, refused from sweeper.audit order by at');
  expect(rows).toEqual([
    { actor: 'bodo', address: '127.0.0.1', refused: 'role_required' },
    // Refused before it was asked who that is.
    { actor: null, address: '127.0.0.1', refused: 'foreign_origin' },
  ]);
});
