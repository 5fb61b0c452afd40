#pragma clang system_header
inline void fromSystemHeader() { throw 1; }
