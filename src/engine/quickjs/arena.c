/*
 * The engine's memory: a piece at a fixed address, which can be written into a file as it is and mapped from there, and
 * further pieces when that is full.
 * Blocks of one size are kept in a list when they are freed, and nothing is ever given back: a command lives for
 * milliseconds, and one that lives longer frees as much as it takes.
 */
#include "arena.h"
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { HEAD = 8, GRAIN = 16, EXACT = 1024, STEP = 1 << 20 };

struct block {
  uint32_t size; /* what can be used, without this head */
  uint32_t class;
  struct block *next[]; /* where it is free */
};

/* Sizes up to EXACT each have a class of their own; above, there are four for each power of two. */
static uint32_t class_of(size_t size, uint32_t *rounded) {
  if (size + HEAD <= EXACT) {
    uint32_t class = (size + HEAD + GRAIN - 1) / GRAIN;
    *rounded = class * GRAIN - HEAD;
    return class;
  }
  uint32_t power = 63 - __builtin_clzl(size + HEAD - 1), quarter = (size + HEAD - 1) >> (power - 2) & 3;
  *rounded = ((size_t)(quarter + 5) << (power - 2)) - HEAD;
  return EXACT / GRAIN + 1 + (power - 10) * 4 + quarter;
}

/* Another piece, wherever there is room: only what goes into the executable must lie where it does. */
static int grow(size_t size) {
  size_t more = (size + GRAIN + STEP - 1) / STEP * STEP;
  char *piece = mmap(NULL, more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (piece == MAP_FAILED) return 0;
  heap.next = piece + GRAIN - HEAD;
  heap.end = piece + more;
  return 1;
}

static struct block *block_of(const void *memory) { return (struct block *)((char *)memory - HEAD); }

static void put(struct block *block) {
  block->next[0] = heap.freed[block->class];
  heap.freed[block->class] = block;
}

static struct block *take(uint32_t class) {
  struct block *block = heap.freed[class];
  if (block) heap.freed[class] = block->next[0];
  return block;
}

/* While the executable is made time does not count, but size: a larger block than needed is cut in two. */
static struct block *cut(uint32_t class, uint32_t rounded) {
  struct block *block = NULL;
  for (uint32_t larger = class + 1; !block && larger < CLASSES; larger++) block = take(larger);
  if (!block || block->size < rounded + 2 * GRAIN) return block;
  struct block *rest = (struct block *)((char *)block + HEAD + rounded);
  uint32_t exact;
  rest->size = block->size - rounded - HEAD;
  rest->class = class_of(rest->size, &exact);
  if (exact > rest->size) rest->class--;
  put(rest);
  block->size = rounded;
  block->class = class;
  return block;
}

static void *arena_malloc(JSMallocState *state, size_t size) {
  uint32_t rounded;
  if (size > (1u << 30)) return NULL;
  uint32_t class = class_of(size, &rounded);
  struct block *block = take(class);
  if (!block && !heap.runtime) block = cut(class, rounded);
  if (!block) {
    if (heap.end - heap.next < rounded + HEAD && !grow(rounded + HEAD)) return NULL;
    block = (struct block *)heap.next;
    heap.next += rounded + HEAD;
    block->size = rounded;
    block->class = class;
  }
  state->malloc_count++;
  state->malloc_size += block->size + HEAD;
  return (char *)block + HEAD;
}

static void arena_free(JSMallocState *state, void *memory) {
  if (!memory) return;
  struct block *block = block_of(memory);
  state->malloc_count--;
  state->malloc_size -= block->size + HEAD;
  put(block);
}

static void *arena_realloc(JSMallocState *state, void *memory, size_t size) {
  if (!memory) return size ? arena_malloc(state, size) : NULL;
  if (!size) {
    arena_free(state, memory);
    return NULL;
  }
  struct block *block = block_of(memory);
  if (size <= block->size) return memory;
  void *larger = arena_malloc(state, size);
  if (!larger) return NULL;
  memcpy(larger, memory, block->size);
  arena_free(state, memory);
  return larger;
}

static size_t arena_usable(const void *memory) { return block_of(memory)->size; }

const JSMallocFunctions arena_functions = {arena_malloc, arena_free, arena_realloc, arena_usable};

/* What follows the heap's head is there as well: the section is as large as ARENA_ROOM, or as what was written of it. */
void arena_begin(void) {
  size_t start = (size_t)&heap;
  heap.next = (char *)(start + (sizeof heap + GRAIN - 1) / GRAIN * GRAIN + GRAIN - HEAD);
  heap.end = (char *)(start + ARENA_ROOM);
}
