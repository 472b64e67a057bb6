package becket

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
)

// object is the value of an object variant: its JSON, and what callers have decoded it into so far.
type object struct {
	raw     []byte
	mutex   sync.Mutex // of writers
	decoded atomic.Pointer[map[reflect.Type]*decoding]
}

// decoding is an object as a value of one type. The first caller decodes it, the others wait.
type decoding struct {
	once  sync.Once
	value any
	err   *EvaluationError
}

// ObjectValue returns a Value of [KindObject] for a JSON object or array. It keeps the bytes, which
// must be valid JSON and must not be changed afterwards.
func ObjectValue(raw []byte) Value {
	return Value{pointer: unsafe.Pointer(&object{raw: raw}), meta: meta(KindObject)}
}

// Raw returns the JSON of an object, and nil for any other kind. The caller must not change it.
func (v Value) Raw() []byte {
	if v.kind() != KindObject {
		return nil
	}
	return (*object)(v.pointer).raw
}

// decodeObject decodes an object's JSON into a T, once per ruleset and type. Everybody who asks for
// the same T shares what its pointers, maps and slices hold.
func decodeObject[T any](v Value) (T, *EvaluationError) {
	o := (*object)(v.pointer)
	d := o.as(reflect.TypeFor[T]())
	d.once.Do(func() {
		d.err = errNotDecoded // until it is: a type's own method may end the goroutine
		d.value, d.err = decode[T](o.raw)
	})
	value, _ := d.value.(T)
	return value, d.err
}

// as returns the decoding of a type.
func (o *object) as(kind reflect.Type) *decoding {
	if known := o.decoded.Load(); known != nil {
		if d, ok := (*known)[kind]; ok {
			return d
		}
	}
	return o.add(kind)
}

// add returns the decoding of a type that nobody has asked for, or that somebody has asked for
// meanwhile.
func (o *object) add(kind reflect.Type) *decoding {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	all := map[reflect.Type]*decoding{}
	if known := o.decoded.Load(); known != nil {
		if d, ok := (*known)[kind]; ok {
			return d
		}
		maps.Copy(all, *known)
	}
	d := &decoding{}
	all[kind] = d
	o.decoded.Store(&all)
	return d
}

var errNotDecoded = misfit(errors.New("decoding was given up"))

// decode runs the methods that T has for it, which may panic.
func decode[T any](raw []byte) (value any, err *EvaluationError) {
	defer func() {
		if cause := recover(); cause != nil {
			value, err = nil, misfit(panicError("decoding", cause))
		}
	}()
	var decoded T
	if err := json.Unmarshal(raw, &decoded); err != nil {
		return nil, misfit(err)
	}
	return decoded, nil
}

// misfit is made once per ruleset and type, so that asking again allocates nothing.
func misfit(cause error) *EvaluationError {
	return &EvaluationError{Code: CodeTypeMismatch, Message: "the object does not fit the type asked for", Cause: cause}
}

// canonical writes JSON in the one form of RFC 8785.
func canonical(raw []byte) string {
	value := jsontext.Value(slices.Clone(raw))
	if value.Canonicalize() != nil {
		return string(raw)
	}
	return string(value)
}
