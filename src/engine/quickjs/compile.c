/* compile SCRIPT BYTECODE: a part of the build, so that what it makes needs no compiler. */
#include <stdio.h>
#include <quickjs/quickjs.h>

int main(int argc, char **argv) {
  FILE *in = argc == 3 ? fopen(argv[1], "r") : NULL, *out = in ? fopen(argv[2], "w") : NULL;
  char *script = NULL;
  size_t room = 0, size;
  ssize_t length = out ? getdelim(&script, &room, 0, in) : -1;
  if (length < 0) return perror("compile"), 1;
  JSRuntime *runtime = JS_NewRuntime();
  JSContext *js = JS_NewContext(runtime);
  JS_SetStripInfo(runtime, JS_STRIP_DEBUG);
  JSValue program = JS_Eval(js, script, length, "tsrunc", JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_COMPILE_ONLY);
  if (JS_IsException(program)) return fprintf(stderr, "%s\n", JS_ToCString(js, JS_GetException(js))), 1;
  uint8_t *code = JS_WriteObject(js, &size, program, JS_WRITE_OBJ_BYTECODE);
  return !code || fwrite(code, size, 1, out) != 1 || fclose(out);
}
