/** Who makes a request, as the guard found out. */
export type Caller = { keyId: string; role: 'admin' | 'member'; locale: string | null };
