import { describe, expect, it } from 'vitest';
import { isolate } from '../../server/isolation.ts';
import { SETTING_NAMES } from '../../server/settings.ts';

const KEPT = ['HOST', 'PORT', 'ALLOWED_HOSTS', 'ALLOW_ANONYMOUS', 'LOG_LEVEL'];
const DOCKERS_OWN = /^DOCKER_(HOST|TLS_VERIFY|CERT_PATH)$/;

describe('what demo, tests and benchmark take of the environment', () => {
  it('is where to listen and how much to log: every other setting is ignored, by name', () => {
    const env = Object.fromEntries(SETTING_NAMES.map((name) => [name, 'x']));
    const { kept, ignored } = isolate({ ...env, PATH: '/bin' }, 'It');
    expect(Object.keys(kept).sort()).toEqual([...KEPT].sort());
    const others = SETTING_NAMES.filter((name) => !KEPT.includes(name) && !DOCKERS_OWN.test(name));
    expect(others.length).toBeGreaterThan(20);
    expect(ignored).toEqual([...others].sort());
  });

  it('leaves Docker’s own names unmentioned, unless they would have been read', () => {
    const env = { DOCKER_HOST: 'tcp://10.0.0.1:2375' };
    expect(isolate(env, 'It').ignored).toEqual([]);
    expect(isolate({ ...env, BACKEND: 'docker' }, 'It').ignored).toEqual(['BACKEND', 'DOCKER_HOST']);
  });

  it.each([
    'CONTROL_PLANE_SHARED_SECRET_FILE',
    'DATABASE_URL_FILE',
    'PLATFORM_DATABASE_URL_FILE',
    'SWEEP_INTERVALL_SECONDS',
    'PGHOST',
    'PGOPTIONS',
    'PGPASSFILE',
  ])('ignores %s, too', (name) => {
    expect(isolate({ [name]: 'x' }, 'It')).toMatchObject({ kept: {}, ignored: [name] });
  });

  it('has nothing to say of what is unset, empty or somebody else’s', () => {
    const env = { DATABASE_URL: '', PGHOST: '', PORT: '', HOME: '/root', PLATFORM_SERVICE_HOST: '10.0.0.1' };
    expect(isolate(env, 'It')).toEqual({ kept: {}, ignored: [], sentence: null });
    expect(isolate({ DATABASE_URL: undefined }, 'It').ignored).toEqual([]);
  });

  it('says so in one sentence, without a value', () => {
    const { sentence } = isolate({ DATABASE_URL: 'postgres://me:secret@db/x', SWEEP_LIMIT: '7' }, 'The demo');
    expect(sentence).toBe(
      'The demo works only on what it has started itself, and ignores these settings: DATABASE_URL, SWEEP_LIMIT.',
    );
  });
});
