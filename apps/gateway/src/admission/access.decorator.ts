import { SetMetadata } from '@nestjs/common';

/** Who may call a route. A route that says nothing is for administrators. */
export type Access = 'public' | 'member' | 'admin';

export const ACCESS_METADATA = 'parley:access';

export const AllowAccess = (access: Access): MethodDecorator & ClassDecorator => SetMetadata(ACCESS_METADATA, access);
