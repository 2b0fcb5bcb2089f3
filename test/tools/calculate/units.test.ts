// Units of expressions and their conversion.
import t from 'tap'
import { same } from './run.ts'

t.test('units of the usual kinds and their conversion', async (t) => {
  await same(t, [
    ['5 km to m', '5000 m'],
    ['1 mi in km', '1.609344 km'],
    ['5 in in cm', '12.7 cm'],
    ['10 in + 1 ft', '22 in'],
    ['12.7 cm to in', '5 in'],
    ['5 ft + 3 in to cm', '160.02 cm'],
    ['100 km/h to m/s', '27.7777777777777777777777777778 m/s'],
    ['60 km / 2 h', '30 km/h'],
    ['72 °F to °C', '22.2222222222222222222222222222 °C'],
    ['-40 °C to °F', '-40 °F'],
    ['37 C to F', '98.6 °F'],
    ['0 K to celsius', '-273.15 °C'],
    ['60 kg * 9.81 m/s^2 to N', '588.6 N'],
    ['1 kWh to MJ', '3.6 MJ'],
    ['1.5 GiB to MB', '1610.612736 MB'],
    ['10 GB / (100 Mbit/s) to s', '800 s'],
    ['2 h + 30 min', '2.5 h'],
    ['1 year to days', '365.2425 d'],
    ['1 ha to m^2', '10000 m^2'],
    ['2 m * 3 m', '6 m^2'],
    ['1 L to cm^3', '1000 cm^3'],
    ['1 gal to L', '3.785411784 L'],
    ['sqrt(9 m^2)', '3 m'],
    ['1/(5 s)', '0.2 s^-1'],
    ['3 km / 500 m', '6'],
    ['1 bar to kPa', '100 kPa'],
    ['12 V * 2 A to W', '24 W'],
    ['median(3 km, 500 m, 1 mi)', '1 mi'],
    ['1 KM to METERS', '1000 m'],
    ['180 deg to rad', '3.14159265358979323846264338328 rad'],
    ['60 rpm to Hz', '1 Hz'],
    ['1 kilometre to m', '1000 m']
  ])
})
