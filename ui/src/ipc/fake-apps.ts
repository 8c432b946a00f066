/** The fake's apps and its network settings. */
import type { Backend } from './backend';
import { app as makeApp, demoApps } from './fake-data';
import { failure, type World } from './fake-world';
import type { FailureCode } from './gen/FailureCode';
import type { NetworkSettings } from './gen/NetworkSettings';

type Methods = Pick<Backend, 'appList' | 'appConnect' | 'appConnectCancel' | 'appConnectDemo' | 'appRefresh' | 'appReplaceKey' | 'appRemoveKey' | 'appRemove' | 'appRename' | 'appSetOptions' | 'appSetUser' | 'networkSettings' | 'networkSetProxy' | 'networkSetPassword' | 'networkAddCertificates' | 'networkRemoveCertificates'>;

export function appMethods({ apps, pace, emit, wait, appOf, save }: World): Methods {
  let network: NetworkSettings = { proxy: 'system', manual: { address: '', user: '', bypass: '' }, password: 'missing', certificates: null };

  return {
    appList: async () => structuredClone([...apps.values()]),
    async appConnect(baseUrl, key, keepKey, plainHttp) {
      for (const stage of ['address', 'key', 'form', 'saving'] as const) {
        emit({ type: 'connect_stage', stage });
        await wait(pace * 2);
      }
      // A key `app-<code>` plays that failure.
      const code = key.replace(/^app-/, '') as FailureCode;
      if (code === 'not_dify') throw failure(code, { subject: `${baseUrl}/v1`, detail: '200 · text/html' });
      if (baseUrl.startsWith('http://') && plainHttp !== baseUrl) throw failure('plain_http', { subject: baseUrl });
      if (['proxy_unreachable', 'proxy_login_needed', 'proxy_login_refused', 'proxy_refused'].includes(code)) throw failure(code, { subject: 'proxy.example:3128' });
      if (['connect_timed_out', 'timed_out'].includes(code)) throw failure(code, { subject: '10' });
      if (code === 'not_workflow_app') throw failure(code, { subject: 'chat' });
      if (code === 'already_connected') throw failure(code, { subject: [...apps.keys()][0] ?? null });
      if (['unreachable', 'key_refused', 'certificate', 'keychain_missing', 'keychain_locked'].includes(code) && keepKey === 'keychain') throw failure(code, { detail: 'GET /info · 401' });
      return save(makeApp(`app-${apps.size + 1}`, 'Contract review', '', '#1f4e5f', 'Checks a contract against the company’s rules.', demoApps()[0]?.form.fields ?? [], { origin: 'server', baseUrl, key: keepKey }));
    },
    appConnectCancel: async () => undefined,
    async appConnectDemo() {
      await wait(pace);
      return demoApps().map(save);
    },
    appRefresh: async (id) => save({ ...appOf(id), refreshedAt: Date.now() }),
    appReplaceKey: async (id, _key, keepKey) => save({ ...appOf(id), key: keepKey }),
    appRemoveKey: async (id) => save({ ...appOf(id), key: 'missing' }),
    async appRemove(id) {
      apps.delete(id);
      emit({ type: 'app_removed', appId: id });
    },
    async appRename(id, name) {
      const app = appOf(id);
      const given = name.trim();
      return save({ ...app, givenName: given || null, branding: { ...app.branding, title: given || app.serverTitle } });
    },
    appSetOptions: async (id, options) => save({ ...appOf(id), options }),
    appSetUser: async (id, user) => save({ ...appOf(id), user }),
    networkSettings: async () => structuredClone(network),
    async networkSetProxy(proxy, manual) {
      if (/\s|\/./.test(manual.address.replace('://', ''))) throw failure('proxy_address_invalid');
      network = { ...network, proxy, manual };
      return structuredClone(network);
    },
    async networkSetPassword(password) {
      network = { ...network, password: password === '' ? 'missing' : 'keychain' };
      return structuredClone(network);
    },
    async networkAddCertificates() {
      network = { ...network, certificates: { fileName: 'northwind-ca.pem', certificates: [{ name: 'Northwind Office CA', expiresAt: Date.UTC(2031, 4, 3), expired: false }] } };
      return structuredClone(network);
    },
    async networkRemoveCertificates() {
      network = { ...network, certificates: null };
      return structuredClone(network);
    },
  };
}
