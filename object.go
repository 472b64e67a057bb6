package becket

import (
	"reflect"
	"sync"

	"github.com/go-json-experiment/json"
)

// object is the value of an object variant: its JSON, and what callers have decoded it into so far.
type object struct {
	raw     []byte
	mutex   sync.RWMutex
	decoded map[reflect.Type]decoding
}

type decoding struct {
	value any
	err   *EvaluationError
}

// decodeObject decodes an object's JSON into a T, once per ruleset and type. Everybody who asks for the same T shares
// what its pointers, maps and slices hold.
func decodeObject[T any](v Value) (T, *EvaluationError) {
	o := (*object)(v.pointer)
	kind := reflect.TypeFor[T]()
	o.mutex.RLock()
	d, ok := o.decoded[kind]
	o.mutex.RUnlock()
	if !ok {
		d = o.keep(kind, decode[T](o.raw))
	}
	value, _ := d.value.(T)
	return value, d.err
}

// decode runs the methods that T has for it, which may panic.
func decode[T any](raw []byte) (d decoding) {
	defer func() {
		if cause := recover(); cause != nil {
			d = decoding{err: misfit(panicError("decoding", cause))}
		}
	}()
	var value T
	// Names match as in encoding/json: exactly, or else in another case.
	if err := json.Unmarshal(raw, &value, json.MatchCaseInsensitiveNames(true)); err != nil {
		return decoding{err: misfit(err)}
	}
	return decoding{value: value}
}

// misfit is made once per ruleset and type, so that asking again allocates nothing.
func misfit(cause error) *EvaluationError {
	return &EvaluationError{Code: CodeTypeMismatch, Message: "the object does not fit the type asked for", Cause: cause}
}

// keep stores d unless another goroutine was faster, and returns what is stored: all callers share one decoding.
func (o *object) keep(kind reflect.Type, d decoding) decoding {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if first, ok := o.decoded[kind]; ok {
		return first
	}
	if o.decoded == nil {
		o.decoded = map[reflect.Type]decoding{}
	}
	o.decoded[kind] = d
	return d
}
