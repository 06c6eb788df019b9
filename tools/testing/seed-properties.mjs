// Properties draw the same examples in every run, so that a run can be repeated; `fc.assert(..., { seed })` explores others.
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_261_120 });
