/*
 * What JavaScript cannot do by itself: call functions of C, see memory, turn text into bytes and back. There is no logic
 * here; that is in TypeScript (binding.ts says what each function does).
 *
 * The executable holds the heap as it was once all modules were evaluated. To make that, it is linked without one and
 * run on the script's bytecode: it leaves its heap in a file, which it is then linked with.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <sys/time.h>
#include <unistd.h>
#include "arena.h"

#define FUNCTIONS(F) \
  F(syscall) F(read) F(write) F(open) F(close) F(fcntl) F(fsync) F(mkdir) F(rmdir) F(unlink) F(rename) F(chmod) F(chown) \
  F(readlink) F(realpath) F(getcwd) F(chdir) F(statx) F(getdents64) F(mmap) F(memcpy) F(bsearch) F(clock_gettime) F(usleep) F(_exit) \
  F(getpid) \
  F(posix_spawn) F(posix_spawnp) F(posix_spawn_file_actions_init) F(posix_spawn_file_actions_adddup2) \
  F(posix_spawn_file_actions_destroy) F(posix_spawnattr_init) F(posix_spawnattr_setflags) \
  F(posix_spawnattr_setsigmask) F(posix_spawnattr_setsigdefault) \
  F(seccomp_version) F(seccomp_arch_native) F(seccomp_arch_resolve_name) F(seccomp_syscall_resolve_name) \
  F(seccomp_syscall_resolve_name_arch) F(seccomp_init) F(seccomp_release) F(seccomp_arch_add) F(seccomp_arch_remove) \
  F(seccomp_attr_set) F(seccomp_rule_add_array) F(seccomp_export_bpf)
#define ENTRY(name) {#name, (void *)name},

static const struct {
  const char *name;
  void *address;
} functions[] = {FUNCTIONS(ENTRY)};

static JSValue address(JSContext *js, JSValueConst self, int argc, JSValueConst *argv) {
  const char *name = JS_ToCString(js, argv[0]);
  void *found = NULL;
  for (size_t i = 0; name && i < sizeof functions / sizeof *functions; i++)
    if (strcmp(functions[i].name, name) == 0) found = functions[i].address;
  JS_FreeCString(js, name);
  return JS_NewInt64(js, (int64_t)found);
}

enum { MOST = 7, MOST_CODE = 8 << 20 };
static int failure;

/* False if an argument is none that a function of C can be given: then there is an exception. */
static int invoke(JSContext *js, int64_t address, int argc, JSValueConst *argv, int64_t *result) {
  int64_t a[MOST] = {0};
  const char *texts[MOST] = {0};
  for (int i = 0; i < argc && i < MOST; i++) {
    size_t offset, length, element, size;
    if (JS_IsNumber(argv[i])) JS_ToInt64(js, &a[i], argv[i]);
    else if (JS_IsString(argv[i])) a[i] = (int64_t)(texts[i] = JS_ToCString(js, argv[i]));
    else {
      JSValue buffer = JS_GetTypedArrayBuffer(js, argv[i], &offset, &length, &element);
      if (JS_IsException(buffer)) return 0;
      a[i] = (int64_t)(JS_GetArrayBuffer(js, &size, buffer) + offset);
      JS_FreeValue(js, buffer);
    }
  }
  long (*function)(long, long, long, long, long, long, long) = (void *)address;
  *result = function(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
  failure = errno;
  for (int i = 0; i < MOST; i++)
    if (texts[i]) JS_FreeCString(js, texts[i]);
  return 1;
}

static JSValue call(JSContext *js, JSValueConst self, int argc, JSValueConst *argv) {
  int64_t address, result;
  if (JS_ToInt64(js, &address, argv[0]) || !invoke(js, address, argc - 1, argv + 1, &result)) return JS_EXCEPTION;
  return JS_NewInt64(js, result);
}

static JSValue call_known(JSContext *js, JSValueConst self, int argc, JSValueConst *argv, int magic, JSValue *known) {
  int64_t address, result;
  if (JS_ToInt64(js, &address, *known) || !invoke(js, address, argc, argv, &result)) return JS_EXCEPTION;
  return (int)result == -1 ? JS_Throw(js, JS_NewInt32(js, failure)) : JS_NewInt32(js, result);
}

static JSValue function(JSContext *js, JSValueConst self, int argc, JSValueConst *argv) {
  JSValue known = address(js, self, argc, argv);
  return JS_NewCFunctionData(js, call_known, 0, 0, 1, &known);
}

static JSValue last_errno(JSContext *js, JSValueConst self, int argc, JSValueConst *argv) {
  return JS_NewInt32(js, failure);
}

static JSValue memory(JSContext *js, JSValueConst self, int argc, JSValueConst *argv) {
  int64_t at, size;
  if (JS_ToInt64(js, &at, argv[0]) || JS_ToInt64(js, &size, argv[1])) return JS_EXCEPTION;
  return JS_NewArrayBuffer(js, (uint8_t *)at, size, NULL, NULL, 0);
}

static JSValue encode(JSContext *js, JSValueConst self, int argc, JSValueConst *argv) {
  size_t length;
  const char *text = JS_ToCStringLen(js, &length, argv[0]);
  if (!text) return JS_EXCEPTION;
  JSValue bytes = JS_NewArrayBufferCopy(js, (const uint8_t *)text, length);
  JS_FreeCString(js, text);
  return bytes;
}

static JSValue decode(JSContext *js, JSValueConst self, int argc, JSValueConst *argv) {
  size_t offset, length, element, size;
  JSValue buffer = JS_GetTypedArrayBuffer(js, argv[0], &offset, &length, &element);
  if (JS_IsException(buffer)) return buffer;
  JSValue text = JS_NewStringLen(js, (const char *)JS_GetArrayBuffer(js, &size, buffer) + offset, length);
  JS_FreeValue(js, buffer);
  return text;
}

static const JSCFunctionListEntry binding[] = {
  JS_CFUNC_DEF("address", 1, address), JS_CFUNC_DEF("call", 1, call),     JS_CFUNC_DEF("function", 1, function),
  JS_CFUNC_DEF("errno", 0, last_errno), JS_CFUNC_DEF("memory", 2, memory), JS_CFUNC_DEF("encode", 1, encode),
  JS_CFUNC_DEF("decode", 1, decode),
};

static JSValue texts(JSContext *js, char **words) {
  JSValue list = JS_NewArray(js);
  for (uint32_t i = 0; words[i]; i++) JS_SetPropertyUint32(js, list, i, JS_NewString(js, words[i]));
  return list;
}

static JSValue variables(JSContext *js, char **entries) {
  JSValue object = JS_NewObjectProto(js, JS_NULL);
  for (; *entries; entries++) {
    const char *end = strchrnul(*entries, '=');
    JSAtom name = JS_NewAtomLen(js, *entries, end - *entries);
    JS_DefinePropertyValue(js, object, name, JS_NewString(js, *end ? end + 1 : end), JS_PROP_C_W_E);
    JS_FreeAtom(js, name);
  }
  return object;
}

/* Two builds of the same script leave the same heap: while one is made there is no time. */
int __real_gettimeofday(struct timeval *time, void *zone);
int __wrap_gettimeofday(struct timeval *time, void *zone) {
  if (heap.runtime) return __real_gettimeofday(time, zone);
  *time = (struct timeval){0};
  return 0;
}

static int broken(JSContext *js) {
  JSValue error = JS_GetException(js);
  JSValue stack = JS_GetPropertyStr(js, error, "stack");
  fprintf(stderr, "tsrunc: internal error: %s\n%s", JS_ToCString(js, error), JS_ToCString(js, stack));
  return 1;
}

static int settle(JSContext *js) {
  JSContext *job;
  int status;
  while ((status = JS_ExecutePendingJob(JS_GetRuntime(js), &job)) > 0) continue;
  return status < 0 ? broken(job) : 0;
}

static uint8_t *whole(const char *path, size_t *size) {
  FILE *file = fopen(path, "r");
  uint8_t *bytes = malloc(MOST_CODE);
  *size = file && bytes ? fread(bytes, 1, MOST_CODE, file) : 0;
  return *size && *size < MOST_CODE ? bytes : NULL;
}

/* There is no compiler among these: nothing that a container's author writes can become code. */
static JSContext *context(JSRuntime *runtime) {
  JSContext *js = JS_NewContextRaw(runtime);
  JS_AddIntrinsicBaseObjects(js);
  JS_AddIntrinsicDate(js);
  JS_AddIntrinsicRegExpCompiler(js);
  JS_AddIntrinsicRegExp(js);
  JS_AddIntrinsicJSON(js);
  JS_AddIntrinsicMapSet(js);
  JS_AddIntrinsicTypedArrays(js);
  JS_AddIntrinsicPromise(js);
  return js;
}

/* Runs bytecode, and writes the heap that it leaves into a file. */
static int make(const char *bytecode, const char *path) {
  size_t size;
  uint8_t *code = whole(bytecode, &size);
  if (!code) return perror(bytecode), 1;
  arena_begin();
  JSRuntime *runtime = JS_NewRuntime2(&arena_functions, NULL);
  JSContext *js = context(runtime);
  JSValue global = JS_GetGlobalObject(js), object = JS_NewObject(js);
  JS_SetPropertyFunctionList(js, object, binding, sizeof binding / sizeof *binding);
  JS_SetPropertyStr(js, object, "arch", JS_NewString(js, ARCH));
  JS_SetPropertyStr(js, global, "binding", object);
  if (JS_IsException(JS_EvalFunction(js, JS_ReadObject(js, code, size, JS_READ_OBJ_BYTECODE)))) return broken(js);
  if (settle(js)) return 1;
  JS_RunGC(runtime);
  JS_SetGCThreshold(runtime, 64 << 20);
  heap.context = js;
  heap.runtime = runtime;
  /* What is free lies between what is not: a command would write to, and so copy, a page for each of its first blocks. */
  memset(heap.freed, 0, sizeof heap.freed);
  heap.end = (char *)(((size_t)heap.next + 4095) & ~4095ul);
  FILE *out = fopen(path, "w");
  if (!out || fwrite(&heap, heap.end - (char *)&heap, 1, out) != 1 || fclose(out)) return perror(path), 1;
  return 0;
}

int main(int argc, char **argv, char **environment) {
  if (!heap.runtime) return argc == 3 ? make(argv[1], argv[2]) : 2;
  signal(SIGPIPE, SIG_IGN);
  JSContext *js = heap.context;
  JS_UpdateStackTop(heap.runtime);
  JSValue global = JS_GetGlobalObject(js), object = JS_GetPropertyStr(js, global, "binding");
  JS_SetPropertyStr(js, object, "argv", texts(js, argv + 1));
  JS_SetPropertyStr(js, object, "env", variables(js, environment));
  JSValue start = JS_GetPropertyStr(js, global, "start");
  if (JS_IsException(JS_Call(js, start, JS_UNDEFINED, 0, NULL))) return broken(js);
  settle(js);
  return 1;
}
