import { Injectable } from '@nestjs/common';

/** Whether this process is shutting down. */
@Injectable()
export class Drain {
  isDraining = false;
}
