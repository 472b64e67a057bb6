package native

// Serve is the variant that a rule or a default serves, or a split among several variants.
type Serve struct {
	At      int
	IsThere bool   // the document has this field
	Name    string // the variant's name
	Variant int    // the variant's index in the flag's variants
	IsSplit bool
	Arms    []Arm
	By      []string // the attributes that the split hashes; nil for the targeting key
	Salt    string   // the salt of the split; the flag's key if the document has none
	hasSalt bool
}

// Arm is a variant of a split with its weight.
type Arm struct {
	At      int // offset of the weight
	Name    string
	Variant int // the variant's index in the flag's variants
	Weight  float64
}

// serve reads the name of a variant, or a split.
func (r *reader) serve() Serve {
	d := Serve{At: r.at, IsThere: true}
	switch r.kind() {
	case '"':
		d.Name, _ = r.text()
	case '{':
		d.IsSplit = true
		r.split(&d)
	default:
		r.wrongKind("a variant's name or {\"split\": …}")
	}
	return d
}

func (r *reader) split(d *Serve) {
	there := false
	ok := r.fields([]string{"split", "by", "salt"}, func(field string) {
		switch field {
		case "split":
			there = true
			r.weights(d)
		case "by":
			d.By = r.by()
		case "salt":
			d.Salt, _ = r.text()
			d.hasSalt = true
		}
	})
	if ok && !there {
		r.fail(d.At, "expected {\"split\": {variant: weight, …}}")
	}
}

func (r *reader) weights(d *Serve) {
	at := r.at
	before := r.failed
	sum := 0.0
	first := len(r.arms)
	r.object(func(name string, _ int) {
		at := r.at
		number, ok := r.decimal()
		weight := number.Float()
		if ok && weight < 0 {
			r.fail(at, "the weight %v is below 0", weight)
		}
		sum += weight
		push(&r.arms, Arm{At: at, Name: name, Weight: weight})
	})
	d.Arms = r.arms[first:]
	if sum <= 0 && r.failed == before {
		r.fail(at, "the weights of a split must not all be 0")
	}
}
