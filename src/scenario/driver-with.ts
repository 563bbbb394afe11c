import type { ClusterDriver } from '../cluster/driver.ts';

/** The same cluster, but some of what it offers is done in another way. */
export function driverWith(driver: ClusterDriver, instead: Partial<ClusterDriver>): ClusterDriver {
  return new Proxy(driver, {
    get: (target, name) => {
      if (Object.hasOwn(instead, name)) return Reflect.get(instead, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
