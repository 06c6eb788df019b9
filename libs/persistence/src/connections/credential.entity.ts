import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';

@Entity({ name: 'credentials' })
export class CredentialEntity {
  @PrimaryColumn({ name: 'id', type: 'uuid' })
  id!: string;

  @Column({ name: 'connection_id', type: 'uuid' })
  connectionId!: string;

  /** Named by its class as text, so that the two files do not import each other. */
  @ManyToOne('ConnectionEntity', 'credentials')
  @JoinColumn({ name: 'connection_id' })
  connection!: unknown;

  /** The order in which an administrator listed the credentials of a connection, from 0. */
  @Column({ name: 'position', type: 'integer' })
  position!: number;

  /** The vault's envelope around the provider's key. */
  @Column({ name: 'sealed', type: 'bytea' })
  sealed!: Buffer;

  @Column({ name: 'last4', type: 'text' })
  last4!: string;
}
