package figures

import (
	"fmt"
	"reflect"

	"github.com/shopspring/decimal"

	"offpeak/internal/money"
	"offpeak/reports"
)

// scale multiplies every amount and every price of a draft by a factor: by its type, so that none is forgotten.
func scale(r *reports.Report, factor decimal.Decimal) error {
	if factor.Equal(decimal.NewFromInt(1)) {
		return nil
	}
	return scaled(reflect.ValueOf(r).Elem(), factor)
}

func scaled(v reflect.Value, factor decimal.Decimal) error {
	switch amount := v.Interface().(type) {
	case money.USD:
		v.Set(reflect.ValueOf(money.USDOf(amount.Decimal().Mul(factor))))
		return nil
	case money.Rate:
		rate, err := money.RateOf(amount.Decimal().Mul(factor))
		if err != nil {
			return fmt.Errorf("price factor %s: %w", factor, err)
		}
		v.Set(reflect.ValueOf(rate))
		return nil
	case decimal.Decimal:
		return nil
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); field.CanSet() && v.Type().Field(i).IsExported() {
				if err := scaled(field, factor); err != nil {
					return err
				}
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := scaled(v.Index(i), factor); err != nil {
				return err
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return scaled(v.Elem(), factor)
		}
	default:
	}
	return nil
}
