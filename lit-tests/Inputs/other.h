inline void inOther(int) { __builtin_trap(); }
