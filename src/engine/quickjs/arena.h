#include <stddef.h>
#include <quickjs/quickjs.h>

enum { ARENA_ROOM = 32 << 20, CLASSES = 160 };

struct block;

/*
 * The heap begins with this, at an address that the linker is told, so that it can be a part of the executable: see
 * heap.s. Its addresses are the same in every process.
 */
extern struct heap {
  JSRuntime *runtime;
  JSContext *context;
  char *next; /* the end of what was ever given out */
  char *end;  /* the end of the piece that it is in */
  struct block *freed[CLASSES];
} heap;

extern const JSMallocFunctions arena_functions;
void arena_begin(void);
