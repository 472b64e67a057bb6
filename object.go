package becket

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json/jsontext"
)

// object is the value of an object variant: its JSON, and the Go values that it has been decoded
// into so far.
type object struct {
	raw     []byte
	mutex   sync.Mutex // held while decoded is replaced
	decoded atomic.Pointer[map[reflect.Type]*decoding]
}

// decoding is an object, decoded into one Go type. The first caller decodes it and the others wait.
type decoding struct {
	once  sync.Once
	value any
	err   *EvaluationError
}

// decodeObject decodes an object's JSON into a T, once per ruleset and type. All callers with the
// same T share the memory of its pointers, maps and slices.
func decodeObject[T any](v Value) (T, *EvaluationError) {
	o := (*object)(v.pointer)
	d := o.as(reflect.TypeFor[T]())
	d.once.Do(func() {
		d.err = errNotDecoded // in case a method of T ends the goroutine
		d.value, d.err = decode[T](o.raw)
	})
	value, _ := d.value.(T)
	return value, d.err
}

// as returns the decoding for a type.
func (o *object) as(kind reflect.Type) *decoding {
	if known := o.decoded.Load(); known != nil {
		if d, ok := (*known)[kind]; ok {
			return d
		}
	}
	return o.add(kind)
}

// add adds a decoding for a type and returns it, or returns the one that another goroutine has
// added meanwhile.
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

// decode decodes JSON into a T. It recovers panics, because T may have its own method for decoding.
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

// misfit returns the error for an object that does not fit the Go type. It is called once per
// ruleset and type, so that later checks allocate nothing.
func misfit(cause error) *EvaluationError {
	return &EvaluationError{
		Code: CodeTypeMismatch, Message: "the object does not fit the Go type of the check", Cause: cause,
	}
}

// canonical returns JSON in the canonical form of RFC 8785.
func canonical(raw []byte) string {
	value := jsontext.Value(slices.Clone(raw))
	if value.Canonicalize() != nil {
		return string(raw)
	}
	return string(value)
}
