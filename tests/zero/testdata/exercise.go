// Command zeroprogram calls all functions in its tables with zero and nil values, and with good
// values of which one is zero. It prints the calls that panicked or hung.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/format/configcat"
	"github.com/becketflags/becket/format/flagd"
)

// named is a function, or a pointer to a variable.
type named struct {
	name  string
	value any
}

const (
	patience = 20 * time.Second // a call that takes longer counts as hanging
	depth    = 2                // the depth to which methods of results are called
)

var report struct {
	Names    int
	Calls    int
	Failures []string
}

func main() {
	prepare()
	report.Names = len(functions) + len(zeros) + len(values)
	for _, f := range functions {
		function := reflect.ValueOf(f.value)
		call(f.name, function, 0)
		withOptions(f.name, function)
	}
	for name, decode := range map[string]func() (becket.Rules, error){
		"flagd": func() (becket.Rules, error) {
			return flagd.Format.Decode([]byte(`{"flags":{"flag":{"state":"ENABLED","variants":{"a":true,"b":false},"defaultVariant":"a",
				"targeting":{"fractional":[["a",1],["b",1]]}}}}`))
		},
		"configcat": func() (becket.Rules, error) {
			return configcat.V6.Decode([]byte(`{"p":{"s":"salt"},"f":{"flag":{"t":0,"v":{"b":true},"p":[{"p":50,"v":{"b":true}},{"p":50,"v":{"b":false}}],
				"r":[{"c":[{"u":{"a":"country","c":2,"l":["DE"]}}],"s":{"v":{"b":true}}}]}}}`))
		},
	} {
		rules, err := decode()
		if err != nil {
			panic(err)
		}
		follow("rules of "+name, reflect.ValueOf(rules), 0)
	}
	for _, v := range values {
		follow(v.name, reflect.ValueOf(v.value).Elem(), 0)
	}
	for _, zero := range zeros {
		name := "zero " + zero.String()
		methods(name, reflect.New(zero), 0, func(string) bool { return true })
		_, byValue := methodNames(zero)
		methods("nil *"+zero.String(), reflect.Zero(reflect.PointerTo(zero)), 0, func(method string) bool {
			return !byValue[method] // Go itself panics in this case
		})
	}
	if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
		panic(err)
	}
}

// good has a useful value for each relevant type. always has the types without a sensible zero
// value, for which callers never pass nil.
var good, always = map[reflect.Type]reflect.Value{}, map[reflect.Type]func() reflect.Value{}

func prepare() {
	document := []byte(`{"schema":1,"revision":1,"flags":{"flag":{"tags":["public"],"variants":{"a":"A","b":"B"},
		"default":{"split":{"a":1,"b":1}}},"object":{"variants":{"a":{"x":[1]}},"default":"a"}}}`)
	source := becket.Bytes(document)
	client, err := becket.New(source, becket.WithBootstrap(document))
	if err != nil {
		panic(err)
	}
	rules, err := becket.Native.Decode(document)
	if err != nil {
		panic(err)
	}
	subject := becket.NewSubject("user-1", becket.String("country", "DE"))
	add(source)
	add(client)
	add(rules)
	add(becket.Native)
	add(subject)
	add(&subject)
	add(client.For(subject))
	add(becket.MomentAt(time.Unix(1e9, 0), 0))
	add(becket.LogSink(nil))
	add("flag")
	add(document)
	add(1)
	add(time.Second)
	add(func(*http.Request) becket.Subject { return subject })
	add(http.Handler(http.NotFoundHandler()))
	always[reflect.TypeFor[context.Context]()] = func() reflect.Value {
		ctx, _ := context.WithTimeout(context.Background(),
			50*time.Millisecond) //nolint:govet // the context ends by itself
		return reflect.ValueOf(ctx)
	}
	always[reflect.TypeFor[http.ResponseWriter]()] = func() reflect.Value {
		return reflect.ValueOf(httptest.NewRecorder())
	}
	always[reflect.TypeFor[*http.Request]()] = func() reflect.Value {
		return reflect.ValueOf(httptest.NewRequest(http.MethodPost, "/ofrep/v1/evaluate/flags/flag",
			strings.NewReader(`{"context":{}}`)))
	}
	always[reflect.TypeFor[testing.TB]()] = func() reflect.Value { return reflect.ValueOf(test{}) }
	// no program can create one, so methods that need it are left out
	always[reflect.TypeFor[*testing.T]()] = nil
}

func add[T any](value T) { good[reflect.TypeFor[T]()] = reflect.ValueOf(&value).Elem() }

// test replaces a testing.TB. If it fails, its message names the mistake.
type test struct{ testing.TB }

type failed string

func (test) Helper()                      {}
func (test) Cleanup(func())               {}
func (test) Name() string                 { return "test" }
func (test) Log(...any)                   {}
func (test) Logf(string, ...any)          {}
func (test) Error(...any)                 {}
func (test) Errorf(string, ...any)        {}
func (test) Fatal(text ...any)            { panic(failed(fmt.Sprint(text...))) }
func (test) Fatalf(f string, args ...any) { panic(failed(fmt.Sprintf(f, args...))) }

// call calls a function with all variations of arguments, and then the methods of its results.
func call(name string, function reflect.Value, level int) {
	for _, arguments := range variations(function.Type()) {
		results, ok := try(name, function, arguments)
		if ok && level < depth {
			for _, result := range results {
				follow(name+"()", result, level+1)
			}
		}
	}
}

// variations lists arguments: all zero, all zero with one variadic zero, all good, and all good
// with one zero each.
func variations(of reflect.Type) (all [][]reflect.Value) {
	n, fixed := of.NumIn(), of.NumIn()
	if of.IsVariadic() {
		fixed--
	}
	for i := range n {
		if make, found := always[of.In(i)]; found && make == nil {
			return nil
		}
	}
	list := func(length int, zeroAt func(int) bool) (arguments []reflect.Value) {
		for i := range length {
			arguments = append(arguments, argument(of, i, zeroAt(i)))
		}
		return arguments
	}
	all = append(all, list(fixed, func(int) bool { return true }))
	if n > fixed {
		all = append(all, list(n, func(int) bool { return true }))
	}
	if n > 0 {
		all = append(all, list(n, func(int) bool { return false }))
	}
	for zero := range n {
		all = append(all, list(n, func(i int) bool { return i == zero }))
	}
	return all
}

func argument(of reflect.Type, i int, zero bool) reflect.Value {
	in := of.In(i)
	if of.IsVariadic() && i == of.NumIn()-1 {
		in = in.Elem()
	}
	if make := always[in]; make != nil {
		return make()
	}
	if in.Kind() == reflect.Func && in.NumOut() == 1 && in.Out(0).Kind() == reflect.Bool && in.NumIn() > 0 {
		return reflect.MakeFunc(in,
			// the compiler makes such a function from the body of a loop
			func([]reflect.Value) []reflect.Value {
				return []reflect.Value{reflect.ValueOf(true)}
			})
	}
	if value, ok := good[in]; ok && !zero {
		return value
	}
	return reflect.Zero(in)
}

// withOptions calls a constructor with the options that the other functions return.
func withOptions(name string, constructor reflect.Value) {
	of := constructor.Type()
	if !of.IsVariadic() || of.In(of.NumIn()-1).Elem().Kind() != reflect.Func {
		return
	}
	option := of.In(of.NumIn() - 1).Elem()
	for _, f := range functions {
		maker := reflect.ValueOf(f.value)
		if maker.Type().NumOut() != 1 || maker.Type().Out(0) != option {
			continue
		}
		for _, arguments := range variations(maker.Type()) {
			made, ok := try(f.name, maker, arguments)
			if !ok {
				continue
			}
			var all []reflect.Value
			for i := range of.NumIn() - 1 {
				all = append(all, argument(of, i, false))
			}
			both := name + "(" + f.name + "())"
			results, ok := try(both, constructor, append(all, made[0]))
			if ok {
				for _, result := range results {
					follow(both, result, 1)
				}
			}
		}
	}
}

// follow calls the methods of a result, and the result itself if it is a function.
func follow(name string, value reflect.Value, level int) {
	if value.Kind() == reflect.Interface {
		value = value.Elem()
	}
	if !value.IsValid() {
		return
	}
	if value.Kind() == reflect.Func {
		if !value.IsNil() && callable(value.Type()) {
			call(name, value, level)
		}
		return
	}
	if value.Type().PkgPath() == "" && value.Kind() != reflect.Pointer || foreign(value.Type()) {
		return
	}
	if value.Kind() == reflect.Pointer && value.IsNil() {
		return // the constructor reported the mistake; nil pointers are tested separately
	}
	methods(name, value, level, func(string) bool { return true })
}

// foreign reports whether a type belongs to another module.
func foreign(of reflect.Type) bool {
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	return !strings.HasPrefix(of.PkgPath(), "github.com/becketflags/becket")
}

// callable reports whether a program has a reason to call the function: it is not an option, and
// the types of its parameters are exported.
func callable(of reflect.Type) bool {
	if strings.HasSuffix(of.Name(), "Option") {
		return false
	}
	for i := range of.NumIn() {
		in := of.In(i)
		for in.Kind() == reflect.Pointer {
			in = in.Elem()
		}
		if name := in.Name(); name != "" && in.PkgPath() != "" && (name[0] < 'A' || name[0] > 'Z') {
			return false
		}
	}
	return true
}

// methods calls all methods, Close last.
func methods(name string, value reflect.Value, level int, wanted func(string) bool) {
	names, _ := methodNames(value.Type())
	for _, last := range []bool{false, true} {
		for _, method := range names {
			if (method == "Close") == last && wanted(method) {
				call(name+"."+method, value.MethodByName(method), level)
			}
		}
	}
}

func methodNames(of reflect.Type) (names []string, set map[string]bool) {
	set = map[string]bool{}
	for i := range of.NumMethod() {
		names = append(names, of.Method(i).Name)
		set[of.Method(i).Name] = true
	}
	return names, set
}

// saysWhatIsWrong matches intended panics, whose message begins with the name of the package.
var saysWhatIsWrong = regexp.MustCompile(`^(becket|flagtest|ofrep|shadow): `)

// try makes one call and reports whether it returned.
func try(name string, function reflect.Value, arguments []reflect.Value) (results []reflect.Value, ok bool) {
	report.Calls++
	done := make(chan string, 1)
	go func() {
		problem := "it ended its goroutine"
		defer func() {
			if cause := recover(); cause != nil {
				problem = ""
				if _, told := cause.(failed); !told && !saysWhatIsWrong.MatchString(fmt.Sprint(cause)) {
					problem = fmt.Sprintf("panic: %v %s", cause, place(debug.Stack()))
				} else {
					results = nil
				}
			}
			done <- problem
		}()
		results = function.Call(arguments)
		for _, result := range results {
			iterate(result)
		}
		problem = ""
	}()
	select {
	case problem := <-done:
		if problem != "" {
			fail(name, arguments, problem)
		}
		return results, problem == ""
	case <-time.After(patience):
		fail(name, arguments, "it hangs")
		return nil, false
	}
}

var told = map[string]bool{}

// fail reports a method's problem once, regardless of the origin of its receiver.
func fail(name string, arguments []reflect.Value, problem string) {
	key := name[strings.LastIndex(name, ".")+1:] + problem
	if !told[key] {
		told[key] = true
		report.Failures = append(report.Failures, name+describe(arguments)+": "+problem)
	}
}

// iterate ranges over a whole sequence, and again over its first element only.
func iterate(sequence reflect.Value) {
	of := sequence.Type()
	if of.Kind() != reflect.Func || of.NumIn() != 1 || of.NumOut() != 0 || of.In(0).Kind() != reflect.Func ||
		of.In(0).NumOut() != 1 || of.In(0).Out(0).Kind() != reflect.Bool {
		return
	}
	for _, limit := range []int{1, 1000} {
		n := 0
		yield := reflect.MakeFunc(of.In(0), func([]reflect.Value) []reflect.Value {
			n++
			return []reflect.Value{reflect.ValueOf(n < limit).Convert(of.In(0).Out(0))}
		})
		sequence.Call([]reflect.Value{yield})
	}
}

func describe(arguments []reflect.Value) string {
	texts := make([]string, len(arguments))
	for i, argument := range arguments {
		texts[i] = argument.Type().String()
		if argument.IsZero() {
			texts[i] = "zero " + texts[i]
		}
	}
	return "(" + strings.Join(texts, ", ") + ")"
}

// place finds the line of becket's code that panicked.
func place(stack []byte) string {
	_, after, _ := strings.Cut(string(stack), "panic(")
	for line := range strings.Lines(after) {
		if strings.Contains(line, ".go:") && !strings.Contains(line, "/runtime/") &&
			!strings.Contains(line, "exercise.go") {
			return "at " + strings.TrimSpace(line)
		}
	}
	return ""
}
