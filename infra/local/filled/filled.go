// Package filled makes values in which no field is empty. The tests of stores save such a value and compare what comes back, so that a field that a
// store forgets is noticed on the day it is added.
package filled

import (
	"fmt"
	"reflect"
	"slices"
	"time"
)

// Value returns a value in which each exported field, at every depth, has a value of its own. It leaves out the fields that are named by their
// path, such as "Acts.Status". Times are whole seconds in UTC. Lists have two entries, and so have maps.
func Value[T any](without ...string) T {
	var value T
	f := &filler{without: without}
	f.fill(reflect.ValueOf(&value).Elem(), "")
	return value
}

type filler struct {
	without []string
	n       int // values made so far
}

func (f *filler) fill(v reflect.Value, path string) {
	f.n++
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2031, 5, 6, 7, 8, f.n, 0, time.UTC)))
			return
		}
		for field, value := range v.Fields() {
			name := field.Name
			if path != "" {
				name = path + "." + name
			}
			if field.Anonymous {
				name = path
			}
			if field.IsExported() && !slices.Contains(f.without, name) {
				f.fill(value, name)
			}
		}
	case reflect.String:
		v.SetString(fmt.Sprint("text ", f.n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Uint8:
		v.SetUint(uint64(f.n % 256))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			f.fill(v.Index(i), path)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key, path)
			f.fill(value, path)
			v.SetMapIndex(key, value)
		}
	default:
		panic("filled: no value for " + path + ", a " + v.Kind().String())
	}
}
