import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AddressNotAllowedError, isPrivateAddress, isPrivateHost, lookupPublic } from './address-guard.ts';

const PRIVATE = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.255',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.168.1.1',
  '198.19.255.255',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '::ffff:7f00:1',
  '64:ff9b::a00:1',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2001:0:1::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'ff02::1',
];
const PUBLIC = [
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.167.255.255',
  '198.17.255.255',
  '223.255.255.255',
  '::ffff:8.8.8.8',
  '2606:4700::1111',
  '2a00:1450::1',
];

describe('addresses', () => {
  it.each(PRIVATE)('%s is private', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
    expect(isPrivateHost(address)).toBe(true);
    expect(isPrivateHost(`[${address}]`)).toBe(true);
  });

  it.each(PUBLIC)('%s is public', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
    expect(isPrivateHost(address)).toBe(false);
  });

  it('that are none count as private: what cannot be judged is not asked', () => {
    for (const text of ['', 'example.com', '10.0.0', '0x7f.1', '1.2.3.4.5']) expect(isPrivateAddress(text)).toBe(true);
  });

  it('are private in their mapped form exactly when they are by themselves', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isPrivateAddress(`::ffff:${address}`)).toBe(isPrivateAddress(address));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('host names', () => {
  it.each(['localhost', 'api.localhost'])('%s is private by its spelling', (name) => {
    expect(isPrivateHost(name)).toBe(true);
  });

  it.each(['localhost.example.com', 'api.openai.com', 'notlocalhost'])('%s shows only when it is resolved', (name) => {
    expect(isPrivateHost(name)).toBe(false);
  });

  const resolve = (name: string, all: boolean): Promise<unknown> =>
    new Promise((settle) => {
      lookupPublic(name, { all }, (error, address, family) => settle(error ?? (all ? address : { address, family })));
    });

  it.each([true, false])('that resolve to a private address are refused (all addresses asked for: %s)', async (all) => {
    expect(await resolve('localhost', all)).toBeInstanceOf(AddressNotAllowedError);
    expect(await resolve('127.0.0.1', all)).toBeInstanceOf(AddressNotAllowedError);
  });

  it('that resolve to a public address give it in the form that was asked for', async () => {
    expect(await resolve('1.1.1.1', true)).toEqual([{ address: '1.1.1.1', family: 4 }]);
    expect(await resolve('2606:4700::1111', false)).toEqual({ address: '2606:4700::1111', family: 6 });
  });

  it('that do not exist give the error of the resolver', async () => {
    expect(await resolve('no-such-host.invalid', true)).toMatchObject({ syscall: 'getaddrinfo' });
  });
});
