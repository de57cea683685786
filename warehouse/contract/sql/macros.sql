-- What the views compute with. Amounts, points and rates are decimals, so quotients are worked out on whole numbers.

-- a text as it is; null where it is blank: nothing, or white space of any width
CREATE MACRO filled(words) AS
  CASE WHEN trim(words, ' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(12288)) <> '' THEN words END;

-- whole ten-thousandths of a number
CREATE MACRO ten_thousandths(number) AS (number::DECIMAL(38, 4) * 10000)::HUGEINT;

-- numerator / denominator, rounded half away from zero to four decimals; null where the denominator is not above 0
CREATE MACRO exact_ratio(numerator, denominator) AS
  CASE WHEN denominator > 0 THEN
    (sign(numerator)
      * ((20000 * abs(ten_thousandths(numerator)) + ten_thousandths(denominator)) // (2 * ten_thousandths(denominator)))
    )::DECIMAL(30, 0) * 0.0001::DECIMAL(5, 4)
  END;

-- the same in percent
CREATE MACRO exact_percent(numerator, denominator) AS exact_ratio(numerator::DECIMAL(38, 4) * 100, denominator);

-- yuan in units of 10 000 yuan, exact
CREATE MACRO in_wan(yuan) AS yuan::DECIMAL(32, 2) * 0.0001::DECIMAL(5, 4);

-- a name without white space, punctuation, width of letters and the code or number in front of it: equal for spellings of one name
CREATE MACRO plain_name(name) AS
  nullif(regexp_replace(
    regexp_replace(
      translate(coalesce(name, ''), '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ', '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
      '[\s　，,。、．.：:；;（）()“”"''《》〈〉＂＇／/\\\-—–－_\[\]【】·•]', '', 'g'),
    '^[0-9A-Z]{3,}', ''), '');

-- a name from its first ideograph on, without white space
CREATE MACRO han_name(name) AS regexp_replace(regexp_replace(name, '[\s　]', '', 'g'), '^[^\p{Han}]+', '');

-- a project's name without the years in it, so that it is the same from year to year
CREATE MACRO timeless_name(name) AS
  nullif(regexp_replace(plain_name(regexp_replace(coalesce(name, ''), '(19|20)[0-9]{2}\s*(年度|年)?', '', 'g')), '年度$', ''), '');
